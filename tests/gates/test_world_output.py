"""World output by stage, on the publishers' own files: shares counted here beside what the rule says."""

import gzip
from pathlib import Path

import pytest

from tests.stepping import events, given

pytestmark = pytest.mark.gate

USGS = "manuali_MCS2026_Commodities_Data.csv.gz"
SENTENCES = [
    ("usgs_mcs", USGS, "gallium/refinery", "2024", "World output of primary gallium, 2024, by weight: China has 99 %, HHI 0.979"),
    ("usgs_mcs", USGS, "tungsten/mine", "2024", "World output of tungsten, mined, 2024, by weight: China has 84 %, HHI 0.707"),
    ("usgs_mcs", USGS, "rare_earths/mine", "2024", "World output of rare earths, mined (oxide content), 2024, by weight: China has 70 %"),
    ("usgs_mcs", USGS, "cobalt/mine", "2024", "World output of cobalt, mined, 2024, by weight: Congo (Kinshasa) has 77 %, HHI 0.608"),
    ("bgs_minerals", "manuali_BGS_tungsten_production.csv.gz", "tungsten/mine", "2017", "by weight: China has 81 %, HHI 0.654"),
    ("bgs_minerals", "manuali_BGS_germanium_production.csv.gz", "germanium/refinery", "2017", "by weight: China has 90 %, HHI 0.812"),
    ("bgs_minerals", "manuali_BGS_REs_production.csv.gz", "rare_earths/refinery", "2018", "by weight: China has 75 %, HHI 0.581"),
]


@pytest.mark.parametrize(("source", "name", "output", "year", "words"), SENTENCES)
def test_what_the_world_makes(data: Path, source: str, name: str, output: str, year: str, words: str) -> None:
    found = events(source, [given(source, gzip.decompress((data / "production" / name).read_bytes()))], "world_concentration")
    said = [event.headline.en for event in found if event.subject.id == f"world/{output}" and event.observed_at == year]
    assert any(words in sentence for sentence in said), said
