"""Plain English sheets, of no system that is known."""

from __future__ import annotations

from .shapes import ENGLISH, Shape

_MADE = """
Entry time|Entered at|Entered on|Date entered|Created|Created at|Created on|Created date|Date created|Created time
|Create date|Creation date|open_dt|engage_date|first_seen
"""
MADE = dict.fromkeys((heading.strip() for heading in _MADE.split("|")), "entered_at")
OWNER = dict.fromkeys(("Owner", "Sales rep", "Sales agent", "Salesperson", "Account manager", "Assigned to"), "owner")
NOTE = dict.fromkeys(("Note", "Notes", "Description", "Comment", "Comments", "Remarks", "background"), "note")
_PLAIN = {"system": "english", "name": "", "values": ENGLISH}

SHAPES = (
    Shape(
        record_type="customer",
        columns={
            **dict.fromkeys(("ID", "External ID", "Customer ID", "Account ID", "Customer number"), "external_id"),
            **dict.fromkeys(("Customer name", "Company name", "Account name", "Company", "Customer"), "name"),
            **dict.fromkeys(("Account", "Organisation", "Organization", "Name"), "name"),
            "Short name": "short_name",
            **MADE,
            **OWNER,
            **dict.fromkeys(("Industry", "Sector"), "industry"),
            **dict.fromkeys(("Source", "Lead source"), "source"),
            "Status": "status",
            **dict.fromkeys(("Website", "URL", "Web"), "website"),
            **dict.fromkeys(("Address", "Street", "office_location"), "address"),
            "City": "address+",
            "Country": "address+",
            **NOTE,
            **dict.fromkeys(("Contact", "Contact person", "Contact name"), "contact_name"),
            "Position": "contact_title",
            **dict.fromkeys(("Phone", "Telephone", "Phone number"), "contact_phone"),
            "Mobile": "contact_phone2",
            **dict.fromkeys(("E-mail", "Email", "Email address"), "contact_email"),
            "WeChat": "contact_wechat",
            **dict.fromkeys(("Parent company", "Parent account", "subsidiary_of"), "parent"),
        },
        **_PLAIN,
    ),
    Shape(
        record_type="opportunity",
        marks=("Opportunity", "Opportunity name", "Deal", "Deal name", "deal_stage", "opportunity_id"),
        columns={
            **dict.fromkeys(("Opportunity ID", "Deal ID", "ID", "External ID"), "external_id"),
            **dict.fromkeys(("Opportunity name", "Opportunity", "Deal name", "Deal", "Name", "Product"), "name"),
            **dict.fromkeys(("Customer", "Customer name", "Account", "Account name", "Company"), "customer"),
            **MADE,
            **OWNER,
            **dict.fromkeys(("Stage", "Deal stage", "Sales stage"), "stage"),
            **dict.fromkeys(("Amount", "Value", "Close value", "Revenue"), "amount"),
            "Currency": "currency",
            "Probability": "probability",
            **dict.fromkeys(("Expected close", "Expected close date", "Close date"), "expected_close_on"),
            "Competitor": "competitor",
            **NOTE,
        },
        **_PLAIN,
    ),
    Shape(
        record_type="followup",
        marks=("Summary", "Subject", "case_title", "Complaint Type"),
        columns={
            **dict.fromkeys(("ID", "External ID", "case_enquiry_id", "Unique Key"), "external_id"),
            **dict.fromkeys(("Summary", "case_title", "Complaint Type", "Subject"), "summary"),
            **dict.fromkeys(("Customer", "Customer name", "Account", "Company", "Agency Name"), "customer"),
            "Opportunity": "opportunity",
            **MADE,
            **OWNER,
            "Kind": "kind",
            **dict.fromkeys(("Content", "Description", "Details", "Descriptor"), "content"),
            **dict.fromkeys(("Outcome", "Result"), "outcome"),
            "Next step": "next_step",
            **dict.fromkeys(("Next step on", "Due date", "target_dt"), "next_step_on"),
            "Done": "done",
        },
        **_PLAIN | {"values": {}},
    ),
    Shape(
        record_type="contract",
        marks=("Contract", "Contract title", "Contract number", "Contract name", "Signed on"),
        columns={
            **dict.fromkeys(("Contract number", "Contract ID", "ID", "External ID"), "external_id"),
            **dict.fromkeys(("Contract title", "Contract name", "Contract", "Title", "Name"), "name"),
            **dict.fromkeys(("Customer", "Customer name", "Account", "Company"), "customer"),
            "Opportunity": "opportunity",
            **MADE,
            **OWNER,
            **dict.fromkeys(("Amount", "Value"), "amount"),
            "Currency": "currency",
            **dict.fromkeys(("Signed on", "Signed", "Signing date"), "signed_on"),
            **dict.fromkeys(("Starts on", "Start date", "Start"), "starts_on"),
            **dict.fromkeys(("Ends on", "End date", "End"), "ends_on"),
            "Status": "status",
            **NOTE,
        },
        **_PLAIN | {"values": {}},
    ),
    Shape(
        record_type="contact",
        marks=("First name", "Last name", "Contact", "Contact name", "Full name"),
        columns={
            **dict.fromkeys(("Customer", "Company", "Company name", "Account", "Account name"), "customer"),
            **dict.fromkeys(("Full name", "Contact name", "Contact", "First name", "Name"), "name"),
            "Last name": "name+",
            **dict.fromkeys(("Title", "Position", "Job title"), "title"),
            **dict.fromkeys(("Phone", "phone_work", "Telephone"), "phone"),
            **dict.fromkeys(("Mobile", "phone_home"), "phone2"),
            **dict.fromkeys(("E-mail", "Email", "email_work", "Email address"), "email"),
            "WeChat": "wechat",
        },
        **_PLAIN | {"values": {}},
    ),
)
