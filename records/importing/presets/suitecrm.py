"""SuiteCRM (and SugarCRM): labels of its exports, which are its field names with blanks."""

from __future__ import annotations

from .shapes import ENGLISH, Shape

_SUITE = {
    "system": "suitecrm",
    "name": "SuiteCRM",
    "values": ENGLISH,
    "marks": ("Date Entered", "Assigned User ID", "Modified User ID", "Assigned User Name"),
    "leave_out": {"Deleted": "1"},
}
_COMMON = {"ID": "external_id", "Date Entered": "entered_at", "Assigned User Name": "owner", "Assigned To": "owner"}

SHAPES = (
    Shape(
        record_type="customer",
        columns={
            **_COMMON,
            "Name": "name",
            "Assigned User ID": "owner",
            "Industry": "industry",
            "Website": "website",
            "Billing Address Street": "address",
            "Billing Street": "address",
            "Billing Address City": "address+",
            "Billing City": "address+",
            "Phone Office": "contact_phone",
            "Office Phone": "contact_phone",
            "Email Address": "contact_email",
            "Parent ID": "parent",
            "Member of": "parent",
            "Description": "note",
        },
        **_SUITE,
    ),
    Shape(
        record_type="opportunity",
        columns={
            **_COMMON,
            "Opportunity Name": "name",
            "Name": "name",
            "Account ID": "customer",
            "Account Name": "customer",
            "Assigned User ID": "owner",
            "Sales Stage": "stage",
            "Amount": "amount",
            "Opportunity Amount": "amount",
            "Probability": "probability",
            "Date Closed": "expected_close_on",
            "Expected Close Date": "expected_close_on",
            "Description": "note",
        },
        **_SUITE | {"marks": ("Sales Stage", "Amount USDollar")},
    ),
    Shape(
        record_type="contact",
        columns={
            "Account Name": "customer",
            "First Name": "name",
            "Last Name": "name+",
            "Title": "title",
            "Phone Work": "phone",
            "Phone Mobile": "phone2",
            "Email Address": "email",
        },
        **_SUITE | {"marks": ("Phone Work", "Do Not Call")},
    ),
)
