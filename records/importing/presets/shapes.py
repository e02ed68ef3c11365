"""What an export of a system looks like: its headings, and what they mean here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

Values = Mapping[str, Mapping[str, str]]
_IGNORED = re.compile(r"[\s_\-.:*()/（）：]+")


def key(heading: str) -> str:
    """A heading as it is compared: "Created Date", "CreatedDate", "CREATED_DATE" and "created_date" are the same."""
    return _IGNORED.sub("", heading).casefold()


@dataclass(frozen=True)
class Shape:
    """Tables of one type out of one system.

    `columns` maps headings to fields; of several for one field the first that is there counts, and "field+" is put
    behind what stands before it. At least one heading of `marks` is there, or it is no table of that system; without
    marks any table may be one. `zone` is that of its clocks where the system has only one, `formats` date formats of
    columns that are never found by themselves; `leave_out` rows that the system has deleted.
    """

    system: str
    name: str
    record_type: str
    columns: Mapping[str, str]
    marks: tuple[str, ...] = ()
    zone: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    leave_out: Mapping[str, str] = field(default_factory=dict)


STAGES = {
    "prospecting": "lead",
    "new": "lead",
    "open": "lead",
    "qualification": "qualified",
    "qualified": "qualified",
    "qualify": "qualified",
    "needs analysis": "qualified",
    "develop": "qualified",
    "appointment scheduled": "qualified",
    "qualified to buy": "qualified",
    "discovery": "qualified",
    "value proposition": "proposal",
    "id. decision makers": "proposal",
    "identify decision makers": "proposal",
    "perception analysis": "proposal",
    "proposal": "proposal",
    "propose": "proposal",
    "proposition": "proposal",
    "proposal/price quote": "proposal",
    "proposal or price quote": "proposal",
    "presentation scheduled": "proposal",
    "quotation": "proposal",
    "negotiation": "negotiation",
    "negotiation/review": "negotiation",
    "negotiation or review": "negotiation",
    "decision maker bought-in": "negotiation",
    "contract sent": "negotiation",
    "close": "negotiation",
    "closed won": "won",
    "converted": "won",
    "won": "won",
    "closed lost": "lost",
    "closed lost to competition": "lost",
    "lost": "lost",
}
INDUSTRIES = {
    "technology": "software",
    "software": "software",
    "it": "software",
    "telecommunications": "software",
    "communications": "software",
    "electronics": "manufacturing",
    "manufacturing": "manufacturing",
    "machinery": "manufacturing",
    "chemicals": "manufacturing",
    "construction": "manufacturing",
    "retail": "trade",
    "wholesale": "trade",
    "consumer services": "trade",
    "food & beverage": "trade",
    "transportation": "logistics",
    "shipping": "logistics",
    "healthcare": "health",
    "medical": "health",
    "biotechnology": "health",
    "banking": "finance",
    "finance": "finance",
    "insurance": "finance",
    "education": "education",
    "other": "other",
}
SOURCES = {
    "trade show": "fair",
    "conference": "fair",
    "seminar": "fair",
    "employee referral": "referral",
    "external referral": "referral",
    "word of mouth": "referral",
    "referral": "referral",
    "web": "website",
    "web site": "website",
    "website": "website",
    "organic search": "website",
    "phone inquiry": "call",
    "cold call": "call",
    "partner": "partner",
    "partner referral": "partner",
    "other": "other",
}
ENGLISH: Values = {"stage": STAGES, "industry": INDUSTRIES, "source": SOURCES}
