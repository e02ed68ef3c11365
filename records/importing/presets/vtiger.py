"""Vtiger: its exports of organizations, opportunities and contacts."""

from __future__ import annotations

from .shapes import ENGLISH, Shape

_VTIGER = {"system": "vtiger", "name": "Vtiger", "values": ENGLISH}
_COMMON = {"Assigned To": "owner", "Created Time": "entered_at", "Description": "note"}

SHAPES = (
    Shape(
        record_type="customer",
        marks=("Organization Name", "Organization Number", "account_no"),
        columns={
            **_COMMON,
            "Organization Number": "external_id",
            "Organization Name": "name",
            "Industry": "industry",
            "Website": "website",
            "Billing Address": "address",
            "Billing City": "address+",
            "Primary Phone": "contact_phone",
            "Primary Email": "contact_email",
            "Member Of": "parent",
        },
        **_VTIGER,
    ),
    Shape(
        record_type="opportunity",
        marks=("Opportunity Number", "potential_no", "Weighted Revenue"),
        columns={
            **_COMMON,
            "Opportunity Number": "external_id",
            "Opportunity Name": "name",
            "Organization Name": "customer",
            "Related To": "customer",
            "Sales Stage": "stage",
            "Amount": "amount",
            "Probability": "probability",
            "Expected Close Date": "expected_close_on",
        },
        **_VTIGER,
    ),
    Shape(
        record_type="contact",
        marks=("Contact Id", "Contact Number", "contact_no"),
        columns={
            "Organization Name": "customer",
            "First Name": "name",
            "Last Name": "name+",
            "Title": "title",
            "Office Phone": "phone",
            "Mobile Phone": "phone2",
            "Primary Email": "email",
        },
        **_VTIGER,
    ),
)
