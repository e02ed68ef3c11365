"""What was said, agreed and corrected, in both languages: index 0 is English, 1 is Chinese."""

# ruff: noqa: E501 tables of words

from __future__ import annotations

# kind, summary, content
FOLLOW_UPS = (
    (
        (
            "call",
            "First call about the pilot",
            "They want to try 20 seats first and will answer by the middle of the month.",
        ),
        (
            "call",
            "Asked about the delivery date",
            "The plant needs the parts two weeks earlier. I promised an answer tomorrow.",
        ),
        (
            "call",
            "Price question on the second offer",
            "Their budget ends at ten per cent below our offer. No decision yet.",
        ),
        (
            "visit",
            "Met at the trade fair",
            "They compare us with two local suppliers. The demo of the planning board convinced them.",
        ),
        ("visit", "Walk through the warehouse", "Saw the old scanners. They would replace 40 of them this year."),
        ("visit", "Workshop with the IT lead", "Interface list agreed, the test system is ready next week."),
        ("mail", "Sent the revised quote", "Quote with the longer payment term sent, copy to finance."),
        ("mail", "Answer on data protection", "Sent the questionnaire back with the hosting details."),
        (
            "wechat",
            "Short message about the samples",
            "Samples arrived, one box was damaged. Sent photos to the service desk.",
        ),
        ("call", "Complaint about a late invoice", "Invoice went to the old address. Corrected and sent again."),
        ("other", "Reference call arranged", "They talk to another customer of ours on Thursday."),
        ("mail", "Contract draft came back", "Legal asks for a cap on liability, the rest is fine."),
    ),
    (
        ("call", "电话沟通试点方案", "对方希望先试用 20 个账号，月中给答复。"),
        ("call", "催问交货期", "工厂希望提前两周到货，答应明天回复。"),
        ("call", "沟通二次报价", "预算比我们的报价低一成，暂未决定。"),
        ("visit", "展会现场见面", "对方在和两家本地供应商比较，排程看板的演示效果很好。"),
        ("visit", "参观仓库", "现有扫码枪老旧，今年计划更换 40 台。"),
        ("visit", "技术交流会", "与信息部确认接口清单，测试环境下周就绪。"),
        ("mail", "发送修订后的报价单", "按延长账期的方案报价，抄送财务。"),
        ("mail", "回复数据安全问卷", "已填写问卷并说明部署方式。"),
        ("wechat", "发送产品手册与报价区间", "约展会现场见面，对方已收到手册。"),
        ("wechat", "确认样品收货", "样品已到，一箱外包装破损，照片已转售后。"),
        ("call", "处理发票问题", "发票寄到了旧地址，已更正重寄。"),
        ("other", "安排老客户参观", "周四带对方去看已上线的客户。"),
    ),
)
NEXT_STEPS = (
    ("Send the revised quote", "Call again about the pilot", "Ask for the signed drawings", "Visit report to the plant manager",
     "Contract draft to legal", "Offer for 40 licences", "Agree on the date of the workshop", "Check the samples"),
    ("发送修订后的报价单", "回访试点情况", "催收签字版图纸", "补写拜访纪要", "合同初稿送法务", "40 个许可的报价",
     "约技术交流会时间", "跟进样品检测结果"),
)  # fmt: skip
OUTCOMES = (
    ("Interested", "Waiting for budget", "Asked for an offer", "No decision yet", "Agreed"),
    ("有意向", "等预算", "要求报价", "暂未决定", "已达成一致"),
)
OPPORTUNITIES = (
    ("Licence renewal {year}", "Pilot licence", "Warehouse roll-out", "Data migration", "Planning board", "Service contract {year}",
     "Scanner replacement", "Second site", "Training package"),
    ("{year} 年许可续约", "试点许可", "仓库系统上线", "数据迁移服务", "排程看板项目", "{year} 年度维保", "扫码设备更换", "二期扩容", "培训服务"),
)  # fmt: skip
CONTRACTS = (
    ("Licence frame {year}", "Service agreement {year}", "Pilot agreement", "Delivery contract {year}"),
    ("{year} 年许可框架合同", "{year} 年服务协议", "试点协议", "{year} 年供货合同"),
)
# reason code, words
REASONS = (
    (
        ("typing_error", "The call was on the day before, I picked the wrong day."),
        ("typing_error", "Typed 19 instead of 16 o'clock."),
        ("typing_error", "Wrong day picked in the calendar."),
        ("back_fill", "Met at the trade fair, card entered after the weekend."),
        ("back_fill", "Was on the road, entered from my notebook."),
        ("back_fill", "Taken over from the paper list of the branch."),
        ("business_change", "The customer confirmed later than noted, counts from the confirmation."),
        ("business_change", "Counts from the day of the signed order."),
        ("time_zone", "Written in the hotel, in Central European time."),
        ("time_zone", "The laptop was still on Singapore time."),
        ("other", "Agreed with the branch manager in the weekly meeting."),
    ),
    (
        ("typing_error", "电话是前一天打的，日期选错了。"),
        ("typing_error", "把 16 点写成了 19 点。"),
        ("typing_error", "日历点错了一天。"),
        ("back_fill", "周末展会见面，周一才录入。"),
        ("back_fill", "出差在外，回来后按笔记补录。"),
        ("back_fill", "按分公司纸质台账补录。"),
        ("business_change", "客户确认时间晚于登记时间，以确认为准。"),
        ("business_change", "按签字订单日期计算。"),
        ("time_zone", "在欧洲出差时录入，时区不对。"),
        ("time_zone", "电脑还是新加坡时间。"),
        ("other", "周会上与部门经理确认。"),
    ),
)
LATE = (
    (
        ("back_fill", "Entered after the trip."),
        ("back_fill", "From my notebook."),
        ("other", "The system was not at hand."),
    ),
    (("back_fill", "出差回来补录。"), ("back_fill", "按笔记补录。"), ("other", "当时手边没有电脑。")),
)
# customer, days ago, hour, kind, summary, content, next step, next step in days from today
LINS_WEEK = (
    ("杭州云帆科技有限公司", 6, 15, "call", "First call about the pilot", "对方希望先试用 20 个账号，月中给答复。", "Send the revised quote", -2),
    ("苏州明德精密机械有限公司", 5, 11, "visit", "参观车间并核对图纸", "图纸还差两张，张工答应补齐。", "Ask for the signed drawings", -1),
    ("北京智源数据服务有限公司", 4, 10, "mail", "接口清单初稿", "按会议纪要整理接口清单，等对方确认。", "技术交流会，确认接口清单", 0),
    ("宁波海川泵业有限公司", 3, 16, "visit", "Visit to the Ningbo plant", "Saw both lines. They want the offer split in two.", "Visit report for the Ningbo plant", 0),
    ("北京智源数据服务有限公司", 2, 14, "call", "Price question on the second offer", "预算比我们的报价低一成，暂未决定。", "致电周文博，沟通试点价格", 0),
    ("杭州云帆科技有限公司", 2, 17, "wechat", "确认试点账号名单", "名单已收到，还缺两个部门。", "Offer for 40 licences", 1),
    ("宁波海川泵业有限公司", 1, 10, "call", "Call about the spare parts", "They need the list before the audit.", "回访售后满意度", 2),
    ("苏州明德精密机械有限公司", 1, 15, "mail", "合同初稿", "初稿已发，等法务意见。", "Contract draft to legal", 3),
)  # fmt: skip
