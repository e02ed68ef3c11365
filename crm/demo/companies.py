"""Customers and their contacts: the values of rows, made of words."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from . import words

EAST, SOUTH, EUROPE = ("lin", "zhao"), ("chen",), ("marcus", "priya")
# Companies that every demo holds: name, short name, city, industry, owner, key
KNOWN = (
    ("杭州云帆科技有限公司", "Yunfan Technology", "杭州市滨江区江南大道 588 号 12 层", "software", "lin", True),
    ("深圳市恒润电子股份有限公司", "Hengrun", "深圳市南山区科苑路 15 号", "manufacturing", "chen", True),
    ("苏州明德精密机械有限公司", "Mingde", "苏州工业园区星湖街 328 号", "manufacturing", "lin", True),
    ("北京智源数据服务有限公司", "Zhiyuan", "北京市海淀区中关村大街 27 号", "software", "lin", False),
    ("宁波海川泵业有限公司", "Haichuan", "宁波市鄞州区中河北路 99 号", "manufacturing", "lin", False),
    ("Kestrel Aerospace Ltd", "Kestrel", "12 Temple Way, Bristol", "manufacturing", "marcus", True),
    ("Northwind Instruments BV", "Northwind", "Maasboulevard 40, Rotterdam", "manufacturing", "marcus", False),
    ("Harbour Bridge Capital Pte Ltd", "Harbour Bridge", "80 Robinson Road, Singapore", "finance", "priya", True),
    ("宁波港通物流有限公司", "Gangtong", "宁波市北仑区明州路 301 号", "logistics", "zhao", True),
    ("Sato Robotics 佐藤ロボティクス", "Sato", "2-4 Umeda, Osaka", "manufacturing", "priya", False),
)


@dataclass(frozen=True)
class Company:
    """What is entered about a company, who owns it, and the language it is spoken with: 0 English, 1 Chinese."""

    values: dict[str, Any]
    contacts: list[dict[str, Any]]
    owner: str
    currency: str
    language: int
    key: bool = False


def make_companies(rng: random.Random, count: int) -> list[Company]:
    """`count` companies with different names; the known ones stand first."""
    made = [_known(rng, *row) for row in KNOWN]
    names = {company.values["name"] for company in made}
    while len(made) < count:
        company = _chinese(rng, len(made)) if rng.random() < 0.58 else _european(rng, len(made))
        if company.values["name"] not in names:
            names.add(company.values["name"])
            made.append(company)
    return made


def _known(
    rng: random.Random, name: str, short: str, address: str, industry: str, owner: str, important: bool
) -> Company:
    language = int(owner in EAST + SOUTH)
    web = f"{short.split()[0].lower()}.example"
    people = _chinese_contacts(rng, "0571", web) if language else _european_contacts(rng, "+44 117", web)
    values = _values(rng, name, short, industry, web, address) | {"status": "active"}
    return Company(values, people, owner, "CNY" if language else "EUR", language, important)


def _chinese(rng: random.Random, number: int) -> Company:
    place, _english, area, road, region = rng.choice(words.CHINESE_PLACES)
    brand, pinyin = rng.choice(words.CHINESE_NAMES)
    industry, trades = rng.choice(words.CHINESE_TRADES)
    name = f"{place}{brand}{rng.choice(trades)}{rng.choice(words.CHINESE_FORMS)}"
    web = f"{pinyin.lower()}{number}.example"
    values = _values(rng, name, pinyin, industry, web, f"{place}市{road} {rng.randint(8, 988)} 号")
    owner = rng.choice(EAST if region == "east" else SOUTH)
    return Company(values, _chinese_contacts(rng, area, web), owner, "CNY", 1, rng.random() < 0.08)


def _european(rng: random.Random, number: int) -> Company:
    city, end, dial, street, form, currency = rng.choice(words.EUROPEAN_PLACES)
    brand = rng.choice(words.EUROPEAN_NAMES)
    industry, trades = rng.choice(words.EUROPEAN_TRADES)
    web = f"{''.join(c for c in brand.lower() if c.isalpha())}{number}.{end}.example"
    values = _values(
        rng, f"{brand} {rng.choice(trades)} {form}", brand, industry, web, f"{street} {rng.randint(1, 180)}, {city}"
    )
    return Company(values, _european_contacts(rng, dial, web), rng.choice(EUROPE), currency, 0, rng.random() < 0.08)


def _values(rng: random.Random, name: str, short: str, industry: str, web: str, address: str) -> dict[str, Any]:
    return {
        "name": name,
        "short_name": short,
        "kind": "public" if rng.random() < 0.04 else "company",
        "industry": industry,
        "source": rng.choice(("fair", "fair", "referral", "referral", "website", "call", "partner", "other")),
        "status": rng.choices(("lead", "active", "dormant", "lost"), (25, 55, 14, 6))[0],
        "website": f"https://{web}",
        "address": address,
    }


def _chinese_contacts(rng: random.Random, area: str, web: str) -> list[dict[str, Any]]:
    found = []
    for index in range(rng.choice((1, 1, 1, 2, 2, 3))):
        name = rng.choice(words.CHINESE_SURNAMES) + rng.choice(words.CHINESE_GIVEN)
        found.append(
            {
                "name": name,
                "title": rng.choice(words.CHINESE_TITLES),
                "phone": f"{area} {rng.randint(2000, 8999)} {rng.randint(1000, 9999)}",
                "phone2": f"13{rng.randint(0, 9)} {rng.randint(1000, 9999)} {rng.randint(1000, 9999)}",
                "email": f"contact{index + 1}@{web}",
                "wechat": f"wx_{web.partition('.')[0]}_{index + 1}",
                "is_main": index == 0,
            }
        )
    return found


def _european_contacts(rng: random.Random, dial: str, web: str) -> list[dict[str, Any]]:
    found = []
    for index in range(rng.choice((1, 1, 1, 2, 2, 3))):
        first, last = rng.choice(words.EUROPEAN_FIRST), rng.choice(words.EUROPEAN_LAST)
        found.append(
            {
                "name": f"{first} {last}",
                "title": rng.choice(words.EUROPEAN_TITLES),
                "phone": f"{dial} {rng.randint(200, 899)} {rng.randint(1000, 9999)}",
                "email": f"{first}.{last.replace(' ', '')}@{web}".lower(),
                "is_main": index == 0,
            }
        )
    return found
