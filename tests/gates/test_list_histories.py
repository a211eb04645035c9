"""The goals for list histories (issue 4, section 3) on histories made from seven genuine lists and a made-up one, seeds not tuned on."""

import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.lists.opensanctions_cn import SOURCE
from supplywatch.model.records import ListEntry
from tests import histories

pytestmark = pytest.mark.gate

CARD = replace(SOURCE.card, source_id="dod_1260h")  # may lose 5 %
SEEDS = (101, 102, 103)
MOST_ENTRIES = 800


@pytest.fixture(scope="module")
def lists(data: Path) -> dict[str, list[ListEntry]]:
    found = {"synthetic": histories.synthetic(77, 600)}
    for path in sorted((data / "sanctions/us_lists").glob("*.gz")):
        name = path.name.partition(".")[0]
        entries = histories.genuine(path, name.upper())
        found[name] = random.Random(3).sample(entries, min(MOST_ENTRIES, len(entries)))
    return found


def test_rates(lists: dict[str, list[ListEntry]]) -> None:
    total = histories.Rates()
    for entries in lists.values():
        for seed in SEEDS:
            for keyed in histories.KEYS:
                for dated in (True, False):
                    total += histories.told(histories.history(entries, seed, dated=dated, keyed=keyed), CARD)
    figures = (
        f"{total.news_told} of {total.news} designations told as new, {total.late_told} of {total.late} back-fills told as new, "
        f"{total.other_told} other entries told as new, {total.refused} snapshots refused"
    )
    sys.stdout.write(f"\n{figures}\n")
    assert total.news_told >= 0.95 * total.news, figures
    assert total.late_told <= 0.05 * total.late, figures
    assert total.other_told <= 0.02 * total.news, [figures, *total.examples[:20]]


def test_nothing_is_told_of_how_a_list_is_written(lists: dict[str, list[ListEntry]]) -> None:
    for entries in lists.values():
        for keyed in histories.KEYS:
            for dated in (True, False):
                steps = histories.history(entries, SEEDS[0], dated=dated, keyed=keyed, acts=histories.NO_NEWS)
                assert histories.told(steps, CARD).examples == []
