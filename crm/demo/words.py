"""The words companies and people are made of."""

# ruff: noqa: E501 tables of words

from __future__ import annotations

# place in Chinese, in English, area code, district and road, region
CHINESE_PLACES = (
    ("杭州", "Hangzhou", "0571", "滨江区江南大道", "east"),
    ("苏州", "Suzhou", "0512", "工业园区星湖街", "east"),
    ("上海", "Shanghai", "021", "浦东新区张江路", "east"),
    ("宁波", "Ningbo", "0574", "鄞州区中河北路", "east"),
    ("南京", "Nanjing", "025", "江宁区将军大道", "east"),
    ("绍兴", "Shaoxing", "0575", "越城区胜利东路", "east"),
    ("合肥", "Hefei", "0551", "蜀山区长江西路", "east"),
    ("深圳", "Shenzhen", "0755", "南山区科苑路", "south"),
    ("广州", "Guangzhou", "020", "天河区珠江东路", "south"),
    ("东莞", "Dongguan", "0769", "松山湖大道", "south"),
    ("厦门", "Xiamen", "0592", "思明区软件园二期", "south"),
    ("成都", "Chengdu", "028", "高新区天府大道", "south"),
    ("武汉", "Wuhan", "027", "东湖高新区光谷大道", "south"),
)
CHINESE_NAMES = (
    ("云帆", "Yunfan"), ("恒润", "Hengrun"), ("锦程", "Jincheng"), ("明德", "Mingde"), ("南粤", "Nanyue"),
    ("智源", "Zhiyuan"), ("海川", "Haichuan"), ("长江", "Changjiang"), ("瑞丰", "Ruifeng"), ("博远", "Boyuan"),
    ("天域", "Tianyu"), ("华晟", "Huasheng"), ("启航", "Qihang"), ("金石", "Jinshi"), ("同创", "Tongchuang"),
    ("星河", "Xinghe"), ("鼎新", "Dingxin"), ("百川", "Baichuan"), ("凌云", "Lingyun"), ("汇通", "Huitong"),
    ("安泰", "Antai"), ("嘉禾", "Jiahe"), ("朗科", "Langke"), ("普惠", "Puhui"), ("远景", "Yuanjing"),
    ("卓越", "Zhuoyue"), ("新程", "Xincheng"), ("泰和", "Taihe"), ("万象", "Wanxiang"), ("景明", "Jingming"),
)  # fmt: skip
# industry, words before the legal form
CHINESE_TRADES = (
    ("software", ("科技", "软件", "数据服务", "信息技术")),
    ("manufacturing", ("精密机械", "电子", "泵业", "新材料", "自动化设备")),
    ("trade", ("贸易", "进出口", "商贸")),
    ("logistics", ("物流", "供应链", "国际货运")),
    ("health", ("医疗器械", "生物医药")),
    ("finance", ("融资租赁", "商业保理")),
    ("education", ("教育科技", "文化传播")),
)
CHINESE_FORMS = ("有限公司", "有限公司", "有限公司", "股份有限公司", "集团有限公司")
CHINESE_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
CHINESE_GIVEN = (
    "文博", "嘉怡", "志远", "晓峰", "雅婷", "建国", "思琪", "俊杰", "丽娜", "海涛", "雨桐", "子轩", "美玲", "国强", "欣然",
    "明辉", "静怡", "浩然", "玉兰", "振华", "佳琪", "永康", "诗涵", "立群", "晨曦", "慧敏", "少华", "若兰", "天佑", "春梅",
)  # fmt: skip
CHINESE_TITLES = ("采购经理", "总经理", "财务主管", "技术总监", "生产副总", "信息部主任", "行政经理", "项目经理")

# city, country's web end, dialling code, street, legal form, currency
EUROPEAN_PLACES = (
    ("Rotterdam", "nl", "+31 10", "Maasboulevard", "BV", "EUR"),
    ("Hamburg", "de", "+49 40", "Speicherstraße", "GmbH", "EUR"),
    ("Munich", "de", "+49 89", "Leopoldstraße", "GmbH", "EUR"),
    ("Lyon", "fr", "+33 4", "Rue de la République", "SAS", "EUR"),
    ("Milan", "it", "+39 02", "Via Tortona", "S.r.l.", "EUR"),
    ("Dublin", "ie", "+353 1", "Harcourt Street", "Ltd", "EUR"),
    ("Leeds", "uk", "+44 113", "Wellington Street", "Ltd", "GBP"),
    ("Bristol", "uk", "+44 117", "Temple Way", "Ltd", "GBP"),
    ("Barcelona", "es", "+34 93", "Carrer de Pallars", "S.L.", "EUR"),
    ("Gdańsk", "pl", "+48 58", "Ulica Długa", "sp. z o.o.", "EUR"),
    ("Singapore", "sg", "+65", "Robinson Road", "Pte Ltd", "SGD"),
)
EUROPEAN_NAMES = (
    "Northwind", "Atlas", "Brightwater", "Kestrel", "Lakeside", "Harbour Bridge", "Olive & Finch", "Silverline", "Alder",
    "Meridian", "Blackthorn", "Ferrum", "Bluebell", "Copperfield", "Larkspur", "Granite", "Windrose", "Saltmarsh", "Juniper",
    "Redwood", "Polestar", "Hawthorn", "Stonebridge", "Clearwell", "Foxglove", "Ironwood", "Marlow", "Tideway", "Aspen",
)  # fmt: skip
EUROPEAN_TRADES = (
    ("software", ("Analytics", "Software", "Data")),
    ("manufacturing", ("Instruments", "Robotics", "Pumps", "Precision")),
    ("trade", ("Foods", "Interiors", "Trading")),
    ("logistics", ("Freight", "Logistics", "Shipping")),
    ("health", ("Medical", "Diagnostics")),
    ("finance", ("Capital", "Leasing")),
    ("education", ("Learning", "Publishing")),
)
EUROPEAN_FIRST = (
    "Anna", "Jan", "Sofia", "Luca", "Emma", "Pieter", "Clara", "Tomasz", "Ingrid", "Paul", "Marta", "Oliver", "Chiara",
    "Hugo", "Katrin", "Declan", "Amelie", "Rafael", "Freya", "Stefan", "Nora", "Victor", "Elena", "Samuel",
)  # fmt: skip
EUROPEAN_LAST = (
    "de Vries", "Schneider", "Rossi", "Martin", "Byrne", "Kowalski", "Hughes", "Fischer", "Garcia", "Bakker", "Moreau",
    "Bianchi", "Walsh", "Wright", "Keller", "Nowak", "Serra", "Tan", "Dubois", "Lindqvist", "Marino", "Becker",
)  # fmt: skip
EUROPEAN_TITLES = (
    "Head of procurement", "Managing director", "Finance manager", "IT lead", "Operations manager", "Plant manager", "Buyer",
)  # fmt: skip
