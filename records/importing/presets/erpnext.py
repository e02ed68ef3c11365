"""ERPNext: labels and field names of its customers and opportunities."""

from __future__ import annotations

from .shapes import ENGLISH, Shape

_ERP = {"system": "erpnext", "name": "ERPNext", "values": ENGLISH}
_KINDS = {"company": "company", "individual": "person", "partnership": "company"}

SHAPES = (
    Shape(
        record_type="customer",
        marks=("Customer Group", "docstatus", "Territory", "Customer Type"),
        columns={
            "ID": "external_id",
            "name": "external_id",
            "Customer Name": "name",
            "Full Name": "name",
            "Created On": "entered_at",
            "creation": "entered_at",
            "Account Manager": "owner",
            "Customer Type": "kind",
            "Industry": "industry",
            "Website": "website",
            "Primary Address": "address",
            "Mobile No": "contact_phone",
            "Email Id": "contact_email",
            "Customer Details": "note",
        },
        **_ERP | {"values": {**ENGLISH, "kind": _KINDS}},
    ),
    Shape(
        record_type="opportunity",
        marks=("Opportunity From", "party_name", "Opportunity Amount"),
        columns={
            "ID": "external_id",
            "name": "external_id",
            "Title": "name",
            "Created On": "entered_at",
            "creation": "entered_at",
            "Party": "customer",
            "party_name": "customer",
            "Customer Name": "customer",
            "Opportunity Owner": "owner",
            "Sales Stage": "stage",
            "Opportunity Amount": "amount",
            "Currency": "currency",
            "Probability (%)": "probability",
            "Expected Closing Date": "expected_close_on",
            "expected_closing": "expected_close_on",
        },
        **_ERP,
    ),
)
