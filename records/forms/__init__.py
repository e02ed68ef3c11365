"""What people type on the pages of the records. Forms read and check; only services write."""

from .ordinary import ContractForm, CustomerForm, FollowUpForm, OpportunityForm, RecordForm

FORMS: dict[str, type[RecordForm]] = {
    "customer": CustomerForm,
    "opportunity": OpportunityForm,
    "followup": FollowUpForm,
    "contract": ContractForm,
}

__all__ = ["FORMS", "ContractForm", "CustomerForm", "FollowUpForm", "OpportunityForm", "RecordForm"]
