"""How often a concentration flag comes and goes, and the wood sanctions of 2022."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from detectors.commodity_dependence.supplier_concentration import concentration
from tests import genuine

pytestmark = pytest.mark.gate

YEARS = range(2003, 2024)
Flag = Callable[[list[float]], list[bool]]


def plain(line: float) -> Flag:
    return lambda series: [hhi > line for hhi in series]


def with_hysteresis(line: float, gap: float) -> Flag:
    def flags(series: list[float]) -> list[bool]:
        found, held = [], False
        for hhi in series:
            held = hhi > line or (held and hhi >= line - gap)
            found.append(held)
        return found

    return flags


@pytest.fixture(scope="module")
def lines(data: Path) -> list[list[float]]:
    values: dict[str, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(float)))
    for row in genuine.cipf(data):
        if row["partnerDesc"] != "China":
            values[row["cmdCode"]][int(row["refYear"])][row["partnerDesc"]] += row["primaryValue"]
    return [[concentration(list(years[year].values()))[0] for year in YEARS] for years in values.values() if set(YEARS) <= years.keys()]


MEASURED = [
    (plain(0.40), 0.057, 21.1),
    (with_hysteresis(0.40, 0.02), 0.054, 19.5),
    (with_hysteresis(0.40, 0.04), 0.053, 18.3),
    (plain(0.25), 0.063, 11.7),
    (with_hysteresis(0.25, 0.04), 0.040, 6.9),
]


@pytest.mark.parametrize(("flag", "onsets", "gone_pct"), MEASURED, ids=["0.40", "0.40-0.02", "0.40-0.04", "0.25", "0.25-0.04"])
def test_gate_12_churn(lines: list[list[float]], flag: Flag, onsets: float, gone_pct: float) -> None:
    assert len(lines) == 35
    flags = [flag(series) for series in lines]
    steps = [(before, after) for series in flags for before, after in pairwise(series)]
    assert sum(after and not before for before, after in steps) / len(steps) == pytest.approx(onsets, abs=0.001)
    flagged = [after for before, after in steps if before]
    assert 100 * sum(not after for after in flagged) / len(flagged) == pytest.approx(gone_pct, abs=0.1)


EU = "AUT BEL BGR HRV CYP CZE DNK EST FIN FRA DEU GRC HUN IRL ITA LVA LTU LUX MLT NLD POL PRT ROU SVK SVN ESP SWE".split()
WOOD = [("4403", 0.289, 0.034), ("4407", 0.349, 0.201), ("4412", 0.417, 0.224), ("4401", 0.310, 0.114)]


@pytest.mark.parametrize(("code", "before", "after"), WOOD)
def test_gate_13_russian_wood_after_the_sanctions(data: Path, code: str, before: float, after: float) -> None:
    path = data / "trade" / "comtrade" / "comtradr_eu_wood_imports_HS44_2018-2022.csv.gz"
    totals: dict[tuple[str, str], float] = defaultdict(float)
    for row in csv.DictReader(gzip.decompress(path.read_bytes()).decode().splitlines()):
        partner = row["partner_iso"].strip()
        if (
            row["cmd_code"] == code
            and row["flow_desc"] == "Import"
            and partner not in (*EU, "W00", "EUR")
            and len(partner) == 3
            and partner[0].isalpha()
        ):
            totals[row["ref_year"], "RUS" if partner == "RUS" else "all"] += float(row["primary_value"] or 0)
    for year, expected in (("2021", before), ("2022", after)):
        share = totals[year, "RUS"] / (totals[year, "RUS"] + totals[year, "all"])
        assert share == pytest.approx(expected, abs=0.001)
