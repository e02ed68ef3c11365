"""纷享销客: Chinese headings with its own words for departments and states."""

from __future__ import annotations

from .chinese import CUSTOMER, FOLLOW_UP, OPPORTUNITY, ZONE
from .chinese_words import MONEY, OF_CUSTOMERS, STAGES
from .shapes import Shape

_MARKS = ("生命状态", "负责人主属部门", "归属部门", "负责人所在部门")
_SYSTEM = {"system": "fxiaoke", "name": "纷享销客", "zone": ZONE}

SHAPES = (
    Shape(
        record_type="customer",
        marks=_MARKS,
        columns={**CUSTOMER, "1级行业": "industry", "一级行业": "industry"},
        values=OF_CUSTOMERS,
        **_SYSTEM,
    ),
    Shape(
        record_type="opportunity",
        marks=("销售流程", "商机2.0编号", "商机2.0名称"),
        columns={**OPPORTUNITY, "商机2.0名称": "name", "商机2.0编号": "external_id", "预计成交金额": "amount"},
        values={"stage": STAGES, "currency": MONEY},
        **_SYSTEM,
    ),
    Shape(record_type="followup", marks=("销售记录类型", "销售记录内容"), columns={
        **FOLLOW_UP, "销售记录内容": "summary", "销售记录类型": "kind"}, **_SYSTEM),
)  # fmt: skip
