"""The 240 genuine parties of China's lists, written as notices of the ministry and read again from them."""

import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest

from connectors._reading.mofcom_notice import LISTS
from connectors.lists.cn_mofcom import SOURCE
from connectors.lists.export_registry import CODES
from supplywatch.listing.names import letters
from supplywatch.model.records import ListEntry
from supplywatch.model.source import Part, Payload

pytestmark = pytest.mark.gate


def test_all_lists_are_rebuilt_from_notices(data: Path) -> None:
    rows = json.loads((data / "sanctions" / "cn_mofcom" / "xyna_cn_entities_20260719.json").read_text("utf-8"))
    notices = defaultdict(list)
    for row in rows:
        notices[row["date_added"], CODES[row["list_id"]], row["source_url"]].append(row)
    titles = {code: name for name, code in LISTS.items()}
    parts = []
    for number, ((day, code, _), named) in enumerate(sorted(notices.items()), start=1):
        when = date.fromisoformat(day)
        head = f"商务部公告{when.year}年第{number}号 公布将{len(named)}家实体列入{titles[code]}"
        items = "".join(
            f"<p>{n}.{escape(_written(row))}</p>" + "".join(f"<p>地址:{escape(address)}</p>" for address in row["addresses"])
            for n, row in enumerate(named, start=1)
        )
        page = f"<html><body><h1>{head}</h1><p>决定如下。</p><p>{when.year}年{when.month}月{when.day}日</p><p>附件</p>{items}</body></html>"
        parts.append(Part(page.encode(), f"{number}.html"))
    payload = Payload("cn_mofcom", tuple(parts), datetime(2026, 7, 19, tzinfo=UTC))
    found = [entry for entry in SOURCE.parse(payload) if isinstance(entry, ListEntry)]
    assert Counter(entry.list_code for entry in found) == {"CN-ECL": 139, "CN-UEL": 61, "CN-ATT": 40}
    days = {str(entry.effective) for entry in found}
    assert (len(parts), len(days), min(days), max(days)) == (24, 16, "2023-02-16", "2026-06-29")
    names = {letters(row["entity_name"]) for row in rows}
    # The transcript took the end of a sentence ("等6家实体", "及其分支机构等外国实体") into three of its names.
    assert len([entry for entry in found if letters(entry.name) not in names]) == 3


def _written(row: dict[str, Any]) -> str:
    return f"{row['aliases'][0]}({row['entity_name']})" if row["aliases"] else str(row["entity_name"])
