"""HubSpot: exports of companies, deals and contacts. Its times are those of the account."""

from __future__ import annotations

from .shapes import ENGLISH, Shape

_HUBSPOT = {"system": "hubspot", "name": "HubSpot", "values": ENGLISH}

SHAPES = (
    Shape(
        record_type="customer",
        marks=("Company owner", "Company Domain Name", "Lifecycle Stage"),
        columns={
            "Record ID": "external_id",
            "Company ID": "external_id",
            "Company name": "name",
            "Name": "name",
            "Create Date": "entered_at",
            "Company owner": "owner",
            "Industry": "industry",
            "Website URL": "website",
            "Street Address": "address",
            "City": "address+",
            "Phone Number": "contact_phone",
            "Description": "note",
            "Parent Company": "parent",
        },
        **_HUBSPOT,
    ),
    Shape(
        record_type="opportunity",
        marks=("Deal owner", "Deal Stage"),
        columns={
            "Record ID": "external_id",
            "Deal ID": "external_id",
            "Deal Name": "name",
            "Create Date": "entered_at",
            "Associated Company": "customer",
            "Deal owner": "owner",
            "Deal Stage": "stage",
            "Amount": "amount",
            "Currency": "currency",
            "Deal probability": "probability",
            "Close Date": "expected_close_on",
            "Deal Description": "note",
        },
        **_HUBSPOT,
    ),
    Shape(
        record_type="contact",
        marks=("Contact owner",),
        columns={
            "Associated Company": "customer",
            "Company Name": "customer",
            "First Name": "name",
            "Last Name": "name+",
            "Job Title": "title",
            "Phone Number": "phone",
            "Mobile Phone Number": "phone2",
            "Email": "email",
        },
        **_HUBSPOT,
    ),
)
