"""Made-up histories of lists: what is news is told, and nothing else."""

from dataclasses import replace

import pytest

from connectors.lists.opensanctions_cn import SOURCE
from tests import histories

CARD = replace(SOURCE.card, source_id="dod_1260h")  # may lose 5 %
LIST = histories.synthetic(11, 240)


@pytest.mark.parametrize("keyed", histories.KEYS)
@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
def test_designations_are_told_and_back_fills_are_not(keyed: str, dated: bool) -> None:
    rates = histories.Rates()
    for seed in range(3):
        rates += histories.told(histories.history(LIST, seed, dated=dated, keyed=keyed, steps=8), CARD)
    assert rates.news > 20
    assert rates.news_told >= 0.95 * rates.news, rates.examples
    assert rates.late_told <= 0.05 * rates.late, rates.examples


@pytest.mark.parametrize("keyed", histories.KEYS)
@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
def test_how_a_list_is_written_is_never_news(keyed: str, dated: bool) -> None:
    for seed in range(3):
        steps = histories.history(LIST, seed, dated=dated, keyed=keyed, steps=8, acts=histories.NO_NEWS)
        assert histories.told(steps, CARD).examples == []
