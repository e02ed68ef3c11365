"""Zoho CRM: its exports of accounts, deals and contacts, and its backups."""

from __future__ import annotations

from .shapes import ENGLISH, Shape

_ZOHO = {"system": "zoho", "name": "Zoho CRM", "values": ENGLISH}
_COMMON = {"Record Id": "external_id", "Created Time": "entered_at", "Description": "note"}

SHAPES = (
    Shape(
        record_type="customer",
        marks=("Account Owner.id", "Account Owner Id", "Account Number", "Last Activity Time", "Record Id"),
        columns={
            **_COMMON,
            "Account Id": "external_id",
            "Account Name": "name",
            "Account Owner": "owner",
            "Industry": "industry",
            "Website": "website",
            "Billing Street": "address",
            "Billing City": "address+",
            "Phone": "contact_phone",
            "Parent Account": "parent",
        },
        **_ZOHO,
    ),
    Shape(
        record_type="opportunity",
        marks=("Closing Date", "Deal Owner.id", "Deal Owner Id", "Potential Owner"),
        columns={
            **_COMMON,
            "Deal Id": "external_id",
            "Deal Name": "name",
            "Potential Name": "name",
            "Account Name": "customer",
            "Deal Owner": "owner",
            "Potential Owner": "owner",
            "Stage": "stage",
            "Amount": "amount",
            "Currency": "currency",
            "Probability (%)": "probability",
            "Closing Date": "expected_close_on",
        },
        **_ZOHO,
    ),
    Shape(
        record_type="contact",
        marks=("Contact Owner.id", "Contact Owner Id", "Mailing Street"),
        columns={
            "Account Name": "customer",
            "Contact Name": "name",
            "First Name": "name",
            "Last Name": "name+",
            "Title": "title",
            "Phone": "phone",
            "Mobile": "phone2",
            "Email": "email",
        },
        **_ZOHO,
    ),
)
