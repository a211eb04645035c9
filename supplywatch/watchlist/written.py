"""Countries as people write them in their own tables: a code of two or three letters, a name in English or Chinese."""

from __future__ import annotations

from supplywatch.reading.countries import CODES, country_code

_CHINESE = """
中国 CN 中国大陆 CN 中华人民共和国 CN 香港 HK 中国香港 HK 澳门 MO 中国澳门 MO 台湾 TW 中国台湾 TW 日本 JP 韩国 KR 朝鲜 KP 蒙古 MN 美国 US
加拿大 CA 墨西哥 MX 巴西 BR 阿根廷 AR 智利 CL 秘鲁 PE 哥伦比亚 CO 委内瑞拉 VE 厄瓜多尔 EC 巴拿马 PA 古巴 CU 英国 GB 法国 FR 德国 DE
意大利 IT 西班牙 ES 葡萄牙 PT 荷兰 NL 比利时 BE 卢森堡 LU 瑞士 CH 奥地利 AT 瑞典 SE 挪威 NO 芬兰 FI 丹麦 DK 冰岛 IS 爱尔兰 IE 波兰 PL
捷克 CZ 斯洛伐克 SK 匈牙利 HU 罗马尼亚 RO 保加利亚 BG 希腊 GR 塞浦路斯 CY 马耳他 MT 克罗地亚 HR 斯洛文尼亚 SI 塞尔维亚 RS 爱沙尼亚 EE
拉脱维亚 LV 立陶宛 LT 俄罗斯 RU 俄罗斯联邦 RU 白俄罗斯 BY 乌克兰 UA 摩尔多瓦 MD 格鲁吉亚 GE 亚美尼亚 AM 阿塞拜疆 AZ 土耳其 TR
哈萨克斯坦 KZ 乌兹别克斯坦 UZ 吉尔吉斯斯坦 KG 塔吉克斯坦 TJ 土库曼斯坦 TM 阿富汗 AF 巴基斯坦 PK 印度 IN 孟加拉国 BD 斯里兰卡 LK 尼泊尔 NP
越南 VN 泰国 TH 马来西亚 MY 新加坡 SG 印度尼西亚 ID 印尼 ID 菲律宾 PH 柬埔寨 KH 老挝 LA 缅甸 MM 文莱 BN 澳大利亚 AU 新西兰 NZ
巴布亚新几内亚 PG 沙特阿拉伯 SA 沙特 SA 阿联酋 AE 阿拉伯联合酋长国 AE 卡塔尔 QA 科威特 KW 巴林 BH 阿曼 OM 伊朗 IR 伊拉克 IQ 叙利亚 SY
黎巴嫩 LB 约旦 JO 以色列 IL 也门 YE 埃及 EG 摩洛哥 MA 阿尔及利亚 DZ 突尼斯 TN 利比亚 LY 苏丹 SD 埃塞俄比亚 ET 肯尼亚 KE 坦桑尼亚 TZ
尼日利亚 NG 加纳 GH 几内亚 GN 刚果（金） CD 赞比亚 ZM 津巴布韦 ZW 莫桑比克 MZ 安哥拉 AO 南非 ZA 马达加斯加 MG 毛里求斯 MU 开曼群岛 KY
英属维尔京群岛 VG 百慕大 BM 马绍尔群岛 MH 利比里亚 LR 塞舌尔 SC
"""
_ALPHA3 = """
AF AFG AL ALB DZ DZA AO AGO AR ARG AM ARM AU AUS AT AUT AZ AZE BH BHR BD BGD BY BLR BE BEL BM BMU BO BOL BA BIH BR BRA BN BRN BG BGR
KH KHM CM CMR CA CAN KY CYM CL CHL CN CHN CO COL CD COD CG COG CR CRI CI CIV HR HRV CU CUB CY CYP CZ CZE DK DNK DO DOM EC ECU EG EGY
SV SLV EE EST ET ETH FI FIN FR FRA GA GAB GE GEO DE DEU GH GHA GR GRC GT GTM GN GIN HN HND HK HKG HU HUN IS ISL IN IND ID IDN IR IRN
IQ IRQ IE IRL IL ISR IT ITA JM JAM JP JPN JO JOR KZ KAZ KE KEN KP PRK KR KOR KW KWT KG KGZ LA LAO LV LVA LB LBN LR LBR LY LBY LI LIE
LT LTU LU LUX MO MAC MG MDG MY MYS MV MDV MT MLT MH MHL MU MUS MX MEX MD MDA MC MCO MN MNG ME MNE MA MAR MZ MOZ MM MMR NA NAM NP NPL
NL NLD NZ NZL NI NIC NG NGA MK MKD NO NOR OM OMN PK PAK PA PAN PG PNG PY PRY PE PER PH PHL PL POL PT PRT QA QAT RO ROU RU RUS SA SAU
SN SEN RS SRB SC SYC SG SGP SK SVK SI SVN ZA ZAF ES ESP LK LKA SD SDN SE SWE CH CHE SY SYR TW TWN TJ TJK TZ TZA TH THA TN TUN TR TUR
TM TKM UA UKR AE ARE GB GBR US USA UY URY UZ UZB VE VEN VN VNM VG VGB YE YEM ZM ZMB ZW ZWE
"""


def _pairs(table: str) -> dict[str, str]:
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


_WRITTEN = _pairs(_CHINESE) | {three: two for two, three in _pairs(_ALPHA3).items()}


def country_written(text: str) -> str | None:
    """Return the code of a country as people write it: alpha-2, alpha-3, English or Chinese name; ``None`` when it is not known.

    >>> [country_written(text) for text in ("cn", "CHN", "中国", "Germany", "Ruritania")]
    ['CN', 'CN', 'CN', 'DE', None]
    """
    upper = text.strip().upper()
    return upper if upper in CODES else _WRITTEN.get(upper) or country_code(text)
