"""The tables of the records, one module each."""

from .batch import Batch, Counter
from .bulk import BulkChange, BulkRow
from .contact import Contact
from .contract import Contract
from .customer import Customer
from .exceptions import PeriodException
from .follow_up import FollowUp
from .grants import (
    GRANTS,
    ContractGroupGrant,
    ContractUserGrant,
    CustomerGroupGrant,
    CustomerUserGrant,
    FollowUpGroupGrant,
    FollowUpUserGrant,
    OpportunityGroupGrant,
    OpportunityUserGrant,
)
from .imports import Import, ImportFile, Mapping
from .notices import Follow, Notice, NoticeRule
from .opportunity import Opportunity
from .record import Record
from .rules import CompanyRules, Reason, TypeRule, Window
from .time_request import ProofFile, TimeRequest

RECORDS: dict[str, type[Record]] = {
    "customer": Customer,
    "opportunity": Opportunity,
    "followup": FollowUp,
    "contract": Contract,
}

__all__ = [
    "GRANTS",
    "RECORDS",
    "Batch",
    "BulkChange",
    "BulkRow",
    "CompanyRules",
    "Contact",
    "Contract",
    "ContractGroupGrant",
    "ContractUserGrant",
    "Counter",
    "Customer",
    "CustomerGroupGrant",
    "CustomerUserGrant",
    "Follow",
    "FollowUp",
    "FollowUpGroupGrant",
    "FollowUpUserGrant",
    "Import",
    "ImportFile",
    "Mapping",
    "Notice",
    "NoticeRule",
    "Opportunity",
    "OpportunityGroupGrant",
    "OpportunityUserGrant",
    "PeriodException",
    "ProofFile",
    "Reason",
    "Record",
    "TimeRequest",
    "TypeRule",
    "Window",
]
