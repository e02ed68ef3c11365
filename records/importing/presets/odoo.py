"""Odoo: labels and technical names. Its exports are in UTC."""

from __future__ import annotations

from .shapes import ENGLISH, Shape

_ODOO = {"system": "odoo", "name": "Odoo", "zone": "UTC", "values": ENGLISH}

SHAPES = (
    Shape(
        record_type="customer",
        marks=("Salesperson", "Complete Name", "create_date", "commercial_company_name", "is_company"),
        columns={
            "External ID": "external_id",
            "id": "external_id",
            "Complete Name": "name",
            "Display Name": "name",
            "Name": "name",
            "Created on": "entered_at",
            "create_date": "entered_at",
            "Salesperson": "owner",
            "user_id": "owner",
            "Website": "website",
            "Street": "address",
            "City": "address+",
            "Phone": "contact_phone",
            "Mobile": "contact_phone2",
            "Email": "contact_email",
            "Notes": "note",
            "comment": "note",
            "Related Company": "parent",
            "parent_id": "parent",
        },
        **_ODOO,
    ),
    Shape(
        record_type="opportunity",
        marks=("Expected Revenue", "Expected Closing", "date_deadline", "expected_revenue"),
        columns={
            "External ID": "external_id",
            "id": "external_id",
            "Opportunity": "name",
            "Name": "name",
            "Created on": "entered_at",
            "create_date": "entered_at",
            "Customer": "customer",
            "partner_id": "customer",
            "Salesperson": "owner",
            "user_id": "owner",
            "Stage": "stage",
            "stage_id": "stage",
            "Expected Revenue": "amount",
            "Probability": "probability",
            "Expected Closing": "expected_close_on",
            "date_deadline": "expected_close_on",
            "Notes": "note",
        },
        **_ODOO,
    ),
)
