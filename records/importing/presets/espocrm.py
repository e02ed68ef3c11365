"""EspoCRM: labels and names of its API."""

from __future__ import annotations

from .shapes import ENGLISH, Shape

_ESPO = {"system": "espocrm", "name": "EspoCRM", "values": ENGLISH}
_COMMON = {
    "ID": "external_id",
    "Name": "name",
    "createdAt": "entered_at",
    "assignedUserName": "owner",
    "Assigned User": "owner",
    "Description": "note",
}

SHAPES = (
    Shape(
        record_type="customer",
        marks=("Created At", "Assigned User", "assignedUserName", "Modified At"),
        columns={
            **_COMMON,
            "Industry": "industry",
            "Website": "website",
            "Billing Address": "address",
            "billingAddressStreet": "address",
            "billingAddressCity": "address+",
            "Phone": "contact_phone",
            "phoneNumber": "contact_phone",
            "Email": "contact_email",
            "emailAddress": "contact_email",
        },
        **_ESPO,
    ),
    Shape(
        record_type="opportunity",
        marks=("amountCurrency", "Opportunity Amount Currency", "amountConverted", "lastStage"),
        columns={
            **_COMMON,
            "accountId": "customer",
            "Account": "customer",
            "accountName": "customer",
            "Stage": "stage",
            "Amount": "amount",
            "amountCurrency": "currency",
            "Probability": "probability",
            "Probability, %": "probability",
            "Close Date": "expected_close_on",
        },
        **_ESPO,
    ),
)
