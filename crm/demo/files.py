"""Three files from elsewhere: a report of Salesforce, a Chinese follow-up list, a ledger that is half read. Made up."""

# ruff: noqa: E501 tables of words

from __future__ import annotations

import datetime as dt
from typing import Any

from audit.formats import csv_pieces, xlsx_pieces

from .story import COMPANY_ZONE

Day = dt.timedelta

# days before the import, clock, opportunity, account, owner, stage, amount, probability, days to the close
SALESFORCE_HEAD = (
    "Opportunity ID", "Opportunity Name", "Created Date", "Account Name", "Opportunity Owner", "Stage", "Amount", "Amount Currency",
    "Probability (%)", "Close Date",
)  # fmt: skip
SALESFORCE = (
    (9, "09:40", "Calibration service, three sites", "Northwind Instruments BV", "Marcus Weber", "Qualification", 48_000, 20, 60),
    (8, "14:05", "Sensor retrofit, hall 2", "Northwind Instruments BV", "Marcus Weber", "Proposal/Price Quote", 126_500, 50, 45),
    (7, "11:20", "Gripper pilot, ten arms", "Sato Robotics 佐藤ロボティクス", "Priya Nair", "Prospecting", 39_000, 10, 90),
    (5, "10:15", "Wing jig refurbishment", "Kestrel Aerospce", "Marcus Weber", "Qualification", 210_000, 20, 75),
    (5, "13:30", "Vision upgrade, packing line", "Sato Robotics 佐藤ロボティクス", "Priya Nair", "Value Proposition", 88_000, 40, 70),
    (4, "09:05", "Remote support, second year", "Sato Robotics 佐藤ロボティクス", "Priya Nair", "Negotiation/Review", 21_600, 80, 20),
    (3, "15:50", "Training for the Osaka plant", "Sato Robotics 佐藤ロボティクス", "Priya Nair", "Prospecting", 12_400, 10, 80),
    (2, "16:45", "Spare parts frame order", "Northwind Instruments BV", "Marcus Weber", "Proposal/Price Quote", 74_000, 60, 30),
    (1, "10:35", "Pressure test bench", "Northwind Instruments BV", "Marcus Weber", "Qualification", 57_000, 20, 65),
    (-30, "10:00", "Framework renewal", "Northwind Instruments BV", "Marcus Weber", "Prospecting", 150_000, 10, 120),
)  # fmt: skip

# days before the import, clock, customer, kind, what was said, owner
LIST_HEAD = ("客户名称", "跟进方式", "跟进内容", "负责人", "跟进时间")
LIST = (
    (13, "10:20", "宁波海川泵业有限公司", "电话", "核对备件清单，缺两种密封圈", "林悦"),
    (12, "15:05", "宁波海川泵业有限公司", "上门拜访", "现场查看二号泵房，需更换控制柜", "林悦"),
    (11, "09:40", "北京智源数据服务有限公司", "电话", "确认数据接口的验收日期", "林悦"),
    (10, "16:30", "北京智源数据服务有限公司", "邮件", "发送验收标准，等对方盖章", "林悦"),
    (9, "11:10", "宁波海川泵业有限公司", "电话", "对方询问延保价格", "赵敏"),
    (8, "14:25", "宁波海川泵业有限公司", "微信", "发送延保报价单", "赵敏"),
    (7, "10:50", "宁波海传泵业有限公司", "电话", "延保合同条款沟通", "赵敏"),
    (6, "17:15", "北京智源数据服务有限公司", "上门拜访", "与信息部讨论二期范围", "林悦"),
    (5, "09:30", "宁波海川泵业有限公司", "电话", "催问延保合同的审批进度", "赵敏"),
    (4, "13:40", "北京智源数据服务有限公司", "电话", "二期预算下月确认", "孙悦"),
    (3, "15:55", "宁波海川泵业有限公司", "微信", "审批已通过，约定签字日期", "赵敏"),
    (2, "10:05", "北京智源数据服务有限公司", "邮件", "发送二期报价初稿", "林悦"),
)  # fmt: skip

LEDGER_HEAD = ("客户名称", "所属行业", "客户来源", "负责人", "建档时间", "联系人", "手机", "地址")
LEDGER = (
    (24, "绍兴同创新材料有限公司", "制造业", "展会", "林悦", "沈立群", "139 0575 2210", "绍兴市越城区胜利东路 88 号"),
    (20, "合肥朗科医疗器械有限公司", "医疗", "转介绍", "赵敏", "唐慧敏", "138 0551 7742", "合肥市蜀山区长江西路 260 号"),
    (16, "上海远景国际货运有限公司", "物流", "官网", "林悦", "许晨曦", "137 0021 3359", "上海市浦东新区张江路 41 号"),
    (12, "苏州嘉禾教育科技有限公司", "教育", "合作伙伴", "钱晓", "邓佳琪", "136 0512 9018", "苏州工业园区星湖街 77 号"),
    (9, "杭州安泰进出口有限公司", "贸易", "展会", "林悦", "韩若兰", "135 0571 4426", "杭州市滨江区江南大道 19 号"),
)  # fmt: skip


def salesforce_report(at: dt.datetime) -> bytes:
    """Opportunities as a Salesforce report gives them, up to the moment of the import `at`. Two rows are wrong."""
    rows = []
    for number, (ago, clock, name, account, owner, stage, amount, chance, close) in enumerate(SALESFORCE, start=1):
        made, closes = _moment(at, ago, clock), at.date() + Day(days=close)
        known = f"006Qy00000{number:02d}KdZIAV"
        rows.append((known, name, made, account, owner, stage, amount, "EUR", chance, closes.isoformat()))
    return b"".join(csv_pieces(SALESFORCE_HEAD, rows))


def chinese_list(at: dt.datetime) -> bytes:
    """An Excel sheet of follow-ups, up to the moment of the import `at`. Two rows name nobody that is known."""
    rows = [(customer, kind, said, owner, _moment(at, ago, clock)) for ago, clock, customer, kind, said, owner in LIST]
    return b"".join(xlsx_pieces(LIST_HEAD, rows, "跟进台账"))


def ledger(at: dt.datetime) -> bytes:
    """Customers of a paper ledger that somebody typed in, in the encoding of a Chinese Excel. One owner is unknown."""
    lines: list[tuple[Any, ...]] = [LEDGER_HEAD]
    for ago, name, industry, source, owner, *rest in LEDGER:
        lines.append((name, industry, source, owner, _moment(at, ago, "00:00")[:10], *rest))
    return "\r\n".join(",".join(line) for line in lines).encode("gb18030")


def _moment(at: dt.datetime, ago: int, clock: str) -> str:
    return f"{(at - Day(days=ago)).astimezone(COMPANY_ZONE):%Y-%m-%d} {clock}"
