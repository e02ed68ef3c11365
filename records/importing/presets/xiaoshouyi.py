"""销售易: Chinese headings that speak of 所有人; its API counts milliseconds."""

from __future__ import annotations

from .chinese import CUSTOMER, OPPORTUNITY, ZONE
from .chinese_words import MONEY, OF_CUSTOMERS, STAGES
from .shapes import Shape

_SYSTEM = {"system": "xiaoshouyi", "name": "销售易", "zone": ZONE}
_API_TIMES = {"createdAt": "epoch-ms"}

SHAPES = (
    Shape(
        record_type="customer",
        marks=("客户所有人", "最新活动记录时间"),
        columns={**CUSTOMER, "客户所有人": "owner"},
        values=OF_CUSTOMERS,
        **_SYSTEM,
    ),
    Shape(
        record_type="opportunity",
        marks=("销售机会所有人", "机会所有人", "商机所有人"),
        columns={**OPPORTUNITY, "销售机会所有人": "owner", "机会所有人": "owner", "商机所有人": "owner"},
        values={"stage": STAGES, "currency": MONEY},
        **_SYSTEM,
    ),
    Shape(
        record_type="customer",
        marks=("dimDepart", "entityType"),
        columns={"id": "external_id", "accountName": "name", "createdAt": "entered_at", "ownerId": "owner",
                 "address": "address", "url": "website", "phone": "contact_phone", "comment": "note"},
        formats=_API_TIMES,
        **_SYSTEM,
    ),
    Shape(
        record_type="opportunity",
        marks=("saleStageId", "winRate"),
        columns={"id": "external_id", "opportunityName": "name", "createdAt": "entered_at", "accountId": "customer",
                 "ownerId": "owner", "money": "amount", "winRate": "probability", "comment": "note"},
        formats=_API_TIMES,
        **_SYSTEM,
    ),
)  # fmt: skip
