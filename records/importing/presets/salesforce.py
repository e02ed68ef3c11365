"""Salesforce: API and warehouse names, Data Loader files (all in UTC), and the labels of reports."""

from __future__ import annotations

from .shapes import ENGLISH, Shape

_MARKS = ("SystemModstamp", "LastModifiedById", "_fivetran_synced", "RecordTypeId", "CreatedById", "IsDeleted")
_ADDRESS = {"Billing Street": "address", "Billing City": "address+", "Billing State": "address+"}
_CALLS = {"Call": "call", "Email": "mail", "Meeting": "visit", "": "other"}
_API = {"system": "salesforce", "name": "Salesforce", "zone": "UTC", "marks": _MARKS, "values": ENGLISH}
_REPORT = {"system": "salesforce", "name": "Salesforce", "values": ENGLISH}
_GONE = {"IsDeleted": "true"}

SHAPES = (
    Shape(
        record_type="customer",
        columns={
            "Id": "external_id",
            "Name": "name",
            "CreatedDate": "entered_at",
            "OwnerId": "owner",
            "Industry": "industry",
            "AccountSource": "source",
            "Website": "website",
            **_ADDRESS,
            "Billing Country": "address+",
            "Description": "note",
            "ParentId": "parent",
        },
        leave_out=_GONE,
        **_API,
    ),
    Shape(
        record_type="opportunity",
        columns={
            "Id": "external_id",
            "Name": "name",
            "CreatedDate": "entered_at",
            "AccountId": "customer",
            "OwnerId": "owner",
            "StageName": "stage",
            "Amount": "amount",
            "Probability": "probability",
            "CloseDate": "expected_close_on",
            "CurrencyIsoCode": "currency",
            "Description": "note",
        },
        leave_out=_GONE,
        **_API,
    ),
    Shape(
        record_type="followup",
        columns={
            "Id": "external_id",
            "Subject": "summary",
            "CreatedDate": "entered_at",
            "AccountId": "customer",
            "OwnerId": "owner",
            "TaskSubtype": "kind",
            "Type": "kind",
            "Description": "content",
            "ActivityDate": "next_step_on",
            "IsClosed": "done",
        },
        leave_out=_GONE,
        **_API | {"values": {"kind": _CALLS | {"Task": "other", "Event": "visit"}}},
    ),
    Shape(
        record_type="contact",
        columns={
            "AccountId": "customer",
            "FirstName": "name",
            "LastName": "name+",
            "Name": "name",
            "Title": "title",
            "Phone": "phone",
            "MobilePhone": "phone2",
            "Email": "email",
        },
        leave_out=_GONE,
        **_API,
    ),
    Shape(
        record_type="customer",
        marks=("Account Owner",),
        columns={
            "Account ID": "external_id",
            "Account Name": "name",
            "Created Date": "entered_at",
            "Account Owner": "owner",
            "Industry": "industry",
            "Account Source": "source",
            "Website": "website",
            **_ADDRESS,
            "Parent Account": "parent",
            "Phone": "contact_phone",
        },
        **_REPORT,
    ),
    Shape(
        record_type="opportunity",
        marks=("Opportunity Owner", "Opportunity Name"),
        columns={
            "Opportunity ID": "external_id",
            "Opportunity Name": "name",
            "Created Date": "entered_at",
            "Account ID": "customer",
            "Account Name": "customer",
            "Opportunity Owner": "owner",
            "Stage": "stage",
            "Amount": "amount",
            "Amount Currency": "currency",
            "Probability (%)": "probability",
            "Close Date": "expected_close_on",
        },
        **_REPORT,
    ),
    Shape(
        record_type="contact",
        marks=("Contact Owner", "Contact ID"),
        columns={
            "Account Name": "customer",
            "First Name": "name",
            "Last Name": "name+",
            "Title": "title",
            "Phone": "phone",
            "Mobile": "phone2",
            "Email": "email",
        },
        **_REPORT,
    ),
)
