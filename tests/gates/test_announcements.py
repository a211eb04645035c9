"""What the notices of a genuine file of the Federal Register say they add, held against figures taken from their summaries by eye.

Of 361 documents 2020-2025, half (by the parity of the SHA-256 of the document number) were set aside before a pattern was written: on
them the first version read 27 of 28 numbers and 26 of 28 sets of countries right, and found one addition that the rule had missed.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.policy import federal_register
from detectors._measures.announced import Additions, additions
from detectors.decoupling.list_announcement import Params, detect, lists_in
from supplywatch.config import rule_params
from supplywatch.model.items import load_items
from supplywatch.model.records import PolicyAct
from supplywatch.model.rule import Context
from supplywatch.model.source import Part, Payload

pytestmark = pytest.mark.gate

PARAMS = rule_params("list_announcement", Params)
READ = """
2020-03157 EL: 24 entities: CN IR PK RU AE
2021-00995 EL MEU: 2 entities: CN
2021-04505 EL: 14 entities: DE RU CH
2021-04794 EL: 4 entities: MM
2021-07400 EL: 7 entities: CN
2022-02536 UVL: 33 persons:
2022-03029 EL: 7 entities (7 entries): CN PK AE
2022-04300 EL: 47 entities, 45 from MEU:
2022-04819 EL: 2 entities:
2022-04925 EL: 91 entities: BZ EE KZ LV MT RU SG SK ES GB
2022-07284 EL: 120 entities (120 entries): BY RU
2022-12144 EL: 71 entities (71 entries): BY RU
2022-18268 EL: 7 entities (7 entries): CN
2022-21520 EL: 57 entities (57 entries): RU=56 Crimea=1
2022-21714 UVL: 31 persons: CN
2022-26622 EL: 24 entities (26 entries): LV PK RU SG CH AE
2022-27149 EL: 9 persons, 9 from UVL: RU
2022-27151 EL: 36 entities: CN JP
2023-02130 EL: 7 entities: IR
2023-03193 EL: 6 entities: CN
2023-03929 EL: 10 entities (13 entries): CA=2 CN=5 FR=1 LU=1 NL=1 RU=3
2023-04099 EL: 76 entities: RU
2023-04558 EL: 37 entities (38 entries): BY=1 MM=3 CN=28 PK=4 RU=1 TW=1
2023-06171 UVL: 32 persons: BG=1 CA=1 ID=1 IL=1 MY=1 SA=1 SG=1 CN=14 DE=2 TR=4 AE=5
2023-06663 EL: 11 entities: MM CN NI RU
2023-07840 EL: 28 entities (32 entries): AM=1 CN=12 MT=1 RU=10 SG=1 ES=1 SY=1 TR=1 AE=2 UZ=2
2023-10684 EL: 71 entities: AM KG RU
2023-12726 EL: 43 entities (50 entries): CN=31 KE=1 LA=1 MY=1 PK=4 SG=1 ZA=3 TH=1 AE=5 GB=2
2023-13196 EL: 1 entities:
2023-15343 EL: 4 entities: GR HU IE MK
2023-22536 EL: 49 entities (52 entries): CN=42 EE=1 FI=1 DE=1 IN=3 TR=2 AE=1 GB=1
2023-23048 EL: 13 entities: CN
2023-24508 EL: 13 entities: RU=12 UZ=1
2023-25684 EL: 4 entities (9 entries): CR=1 EC=1 IN=1 PA=2 ES=1 RU=1 VE=2
2023-26935 EL: 42 entities (44 entries): AM=3 BY=1 BE=3 CN=1 CY=4 DE=1 KZ=1 NL=1 RU=28 AE=1
2023-27928 UVL: 13 persons: CN
2024-03969 EL: 93 entities (95 entries): CN=8 IN=1 KG=2 RU=63 KR=1 TR=16 AE=4
2024-10485 EL: 37 entities (37 entries): CN
2024-31468 EL: 13 entities (13 entries): MM=1 CN=11 PK=1
2025-00480 EL: 16 entities: CN=14 SG=2
2025-05426 EL: 70 entities: CN=42 IR=2 PK=19 ZA=3 AE=4
2025-05427 EL: 12 entities: CN=11 TW=1
2025-07185 UVL: 18 persons: CN=5 FI=6 TR=3 KZ=2 IT=1 GB=1
2025-17893 EL: 32 entities: CN=23 IN=1 IR=1 SG=1 TW=1 TR=3 AE=2
2025-19508 EL: 26 entities (29 entries, 3 addresses): CN=19 TR=9 AE=1
"""
"""Document, lists, number in the notice's unit (other units), moved from where, countries with printed numbers."""


def written(codes: tuple[str, ...], added: Additions) -> str:
    others = ", ".join(f"{number} {unit}" for unit, number in added.counts.items() if unit != added.unit)
    moved = f", {added.moved} from {'+'.join(added.moved_from)}" if added.moved_from else ""
    countries = " ".join(one.country if one.count is None else f"{one.country}={one.count}" for one in added.destinations)
    return f"{' '.join(codes)}: {added.count} {added.unit}{f' ({others})' if others else ''}{moved}: {countries}".rstrip()


def test_additions_are_counted_as_the_notices_count_them(data: Path) -> None:
    documents = json.loads((data / "policy/federal_register/deepseek_news_fr_bis_related_361docs.json").read_text(encoding="utf-8"))
    assert len(documents) == 361
    found = {}
    for one in documents:
        if codes := lists_in(one["title"], one["abstract"], PARAMS):
            found[one["document_number"]] = written(codes, additions(one["abstract"] or "", PARAMS.lists))
    expected = dict(line.split(" ", 1) for line in READ.strip().splitlines())
    assert found == expected


def test_four_notices_of_the_field(data: Path) -> None:
    """Case 33: a number as word, one of figures, an entity that was left out, persons moved between lists."""
    path = data.parent / "cases/33_announcement_count/fr.json"
    payload = Payload("federal_register", (Part(path.read_bytes(), path.name),), datetime(2026, 11, 30, tzinfo=UTC))
    told = {}
    for act in federal_register.SOURCE.parse(payload):
        assert isinstance(act, PolicyAct)
        _, finding = detect(None, act, PARAMS, Context(load_items()))
        assert finding.headline is not None
        told[act.document_number] = (finding.measures["added"], finding.headline.en.partition(";")[0])
    assert told == {
        "2024-10485": (37, "Announced: 37 additions, China"),
        "2023-13196": (1, "Announced: 1 addition"),
        "2022-27151": (36, "Announced: 36 additions, China, Japan"),
        "2022-27149": (9, "Announced: 9 additions (moved from UVL), Russia"),
    }
