"""Every number that decides something stands once in config/thresholds.yaml, and says where it comes from."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from detectors.decoupling.list_entry import Params, severity_of
from supplywatch import config, registry
from supplywatch.errors import BadSetting
from supplywatch.judging.thresholds import thresholds_of
from supplywatch.listing.same_entry import content_key
from supplywatch.listing.snapshot import compare
from supplywatch.model import limits
from supplywatch.model.periods import left_behind
from supplywatch.model.records import ListEntry
from supplywatch.registry import rule as find_rule

ROOT = Path(__file__).resolve().parents[2]
SEEN = date(2026, 3, 21)
Rewrite = Callable[[str, str], None]


def forget() -> None:
    config.read_yaml.cache_clear()
    limits.judging.cache_clear()
    limits.intake.cache_clear()


@pytest.fixture
def rewrite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rewrite]:
    """Return a function that replaces a text in a copy of the thresholds, which are read from then on."""
    folder = shutil.copytree(config.config_dir(), tmp_path / "config")
    monkeypatch.setattr(config, "config_dir", lambda: folder)

    def change(old: str, new: str) -> None:
        path = folder / "thresholds.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        forget()

    yield change
    monkeypatch.undo()
    forget()


def kind_of_an_entry(age_days: int) -> tuple[str, str]:
    """Return what the comparison calls a new entry of that age, and what the rule makes of it."""
    key = content_key("EL", "Harbour Optics Ltd.", ("CN",))
    entry = ListEntry(
        list_code="EL",
        list_name="Entity List",
        key=key,
        content_key=key,
        party_kind="organisation",
        name="Harbour Optics Ltd.",
        countries=("CN",),
        effective=SEEN - timedelta(days=age_days),
    )
    (found,) = compare([], [entry], seen=SEEN)
    return found.change.value, severity_of("EL", age_days, config.rule_params("list_entry", Params)).value


def test_one_value_says_for_how_long_an_entry_is_news(rewrite: Rewrite) -> None:
    assert kind_of_an_entry(20) == ("back_fill", "info")
    rewrite("new_within_days: {value: 14,", "new_within_days: {value: 30,")
    assert kind_of_an_entry(20) == kind_of_an_entry(30) == ("addition", "warning")
    assert kind_of_an_entry(31) == ("back_fill", "info")


def test_what_is_left_behind_and_what_may_vanish_are_configuration(rewrite: Rewrite) -> None:
    assert left_behind("2024-01", "2024-04")
    rewrite("left_behind_months: {value: 3,", "left_behind_months: {value: 7,")
    assert not left_behind("2024-01", "2024-07")
    assert left_behind("2024-01", "2024-09")
    assert (limits.intake().shrink_of("cn_mofcom"), limits.intake().shrink_of("csl")) == (0.2, 0.01)
    assert set(limits.intake().max_shrink) - {"each"} <= set(registry.sources()), "of sources that there are"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "watch_nir: {value: 0.50, kind: published,",
            "watch_nir: {value: 0.50,",
            "import_dependence.watch_nir: needs 'value', 'kind' (calibrated, pooled, published or default) and 'source'",
        ),
        (
            "watch_nir: {value: 0.50, kind: published,",
            "watch_nir: {value: 0.50, kind: guessed,",
            "import_dependence.watch_nir: kind: Input",
        ),
        (
            "watch_nir: {value: 0.50, kind: published,",
            "watch_nir: {value: 0.50, kind: calibrated,",
            "import_dependence.watch_nir: value: kind calibrated needs 'series' and 'dates'",
        ),
    ],
)
def test_a_threshold_says_where_it_comes_from(rewrite: Rewrite, old: str, new: str, said: str) -> None:
    rewrite(old, new)
    rule = find_rule("import_dependence")
    with pytest.raises(BadSetting, match=re.escape(said)):
        config.rule_params("import_dependence", rule.params)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("      each: 0.01\n", "      everyone: 0.01\n", "intake: value: max_shrink needs 'each'"),
        ("left_behind_days: {value: 15,", "left_behind_days: {value: 0,", "judging: left_behind_days: Input should be greater than 0"),
        ("  bulk_share: {", "  bulk_part: {", "intake: bulk_share: missing; add it"),
    ],
)
def test_shared_numbers_are_checked(rewrite: Rewrite, old: str, new: str, said: str) -> None:
    rewrite(old, new)
    read = limits.judging if said.startswith("judging") else limits.intake
    with pytest.raises(BadSetting, match=re.escape(f"config/thresholds.yaml: {said}")):
        read()


def test_every_line_of_judgement_has_its_true_kind() -> None:
    """Of the lines that rules judge by, published are those that a law, an authority or a paper drew."""
    published = set()
    for rule in registry.rules().values():
        for line in thresholds_of(rule.card, config.rule_params(rule.card.rule_id, rule.params)):
            assert line.kind in ("calibrated", "pooled", "published", "default")
            if line.kind == "published":
                published.add(f"{rule.card.rule_id}.{line.name}")
    assert published == {
        "control_exposure.warning_hhi",
        "world_concentration.critical_top_share",
        "world_concentration.warning_hhi",
        "import_dependence.watch_idr",
        "import_dependence.warning_idr",
        "import_dependence.critical_idr",
        "import_dependence.watch_nir",
        "single_point.min_backups",
        "supplier_concentration.critical_top_share",
        "supplier_concentration.warning_hhi",
    }


def test_configuration_and_cards_name_no_file_that_is_not_here() -> None:
    said = [(path.name, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "config").glob("*.yaml"))]
    said += [(rule.card.rule_id, rule.card.reference) for rule in registry.rules().values()]
    said += [(source.card.source_id, " ".join(source.card.notes)) for source in registry.sources().values()]
    texts = [path for path in sorted((ROOT / "detectors").rglob("*.*")) if path.suffix in (".py", ".yaml")]
    said += [(str(path), path.read_text(encoding="utf-8")) for path in texts]
    for where, text in said:
        for name in re.findall(r"(?<![\w/.])([\w/-]+\.md)\b", text):
            assert (ROOT / name).is_file() or (ROOT / "docs" / "runbooks" / name).is_file(), f"{where}: {name}"
