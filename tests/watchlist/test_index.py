"""The index of the watch-lists follows the ledger, through restarts, other ledgers and several processes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from supplywatch.ledger import watchlists
from supplywatch.ledger.book import Ledger
from supplywatch.ledger.watchlist_imports import Counts, Origin, Staged, change_now
from supplywatch.model.counterparty import Counterparty
from supplywatch.model.name_match import Name, Party
from supplywatch.screening.watched import keys_of, keys_text
from supplywatch.watchlist import index as module
from supplywatch.watchlist import normalising
from supplywatch.watchlist.index import WatchIndex

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def take(ledger: Ledger, at: datetime = NOW, /, **names: str | None) -> None:
    rows = []
    for reference, name in names.items():
        if name is None:
            rows.append(Staged(f"default/{reference}"))
        else:
            one = Counterparty(reference=reference, name=name)
            rows.append(Staged(f"default/{reference}", one.digest, one.text, keys_text(keys_of((name,)))))
    with ledger.begin() as connection:
        change_now(connection, Origin("default", at, "A. Person"), rows, Counts(added=len(rows)))


def found(index: WatchIndex, name: str) -> set[str]:
    return {match.party_id for match in index.matcher.screen(Party("q", (Name(name),)), min_score=0.9)}


def refreshed(ledger: Ledger, index: WatchIndex) -> int:
    with ledger.read() as connection:
        return index.refresh(connection)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger.open(f"sqlite:///{tmp_path / 'ledger.db'}")


@pytest.mark.parametrize("built_above", [0, 20_000])
def test_what_changes_in_the_ledger_is_found_and_found_again_after_a_restart(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built_above: int
) -> None:
    monkeypatch.setattr(module, "_BUILT_ABOVE", built_above)
    take(ledger, a="深圳市大疆创新科技有限公司", b="Synthetic Optics Co., Ltd.")
    index = WatchIndex.open(ledger, tmp_path / "index")
    take(ledger, b="Quite Another Name GmbH", c="Hangzhou Hikvision Digital Technology Co., Ltd.")
    take(ledger, a=None)
    assert refreshed(ledger, index) == (2 if built_above == 0 else 3)
    assert refreshed(ledger, index) == 0
    for _ in range(2):
        assert found(index, "深圳大疆創新科技有限公司") == found(index, "Synthetic Optics Co., Ltd.") == set()
        assert found(index, "Quite another name") == {"default/b"}
        assert found(index, "HIKVISION Hangzhou Digital Technology") == {"default/c"}
        index.close()
        index = WatchIndex.open(ledger, tmp_path / "index")


@pytest.mark.integration  # starts processes
def test_names_of_another_matcher_and_owners_are_found_by_forms_made_in_several_processes(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(normalising, "_ALONE", 1)
    one = Counterparty(reference="a", name="Synthetic Optics Co., Ltd.", aliases=("合成光学有限公司",), owners=("Quite Another Name GmbH",))
    (row,) = normalising.staged("default", [one])
    assert (row.name_keys or "").count("\n") == 2
    with ledger.begin() as connection:
        change_now(connection, Origin("default", NOW, "A. Person"), [row], Counts(added=1))
    for place in ("stored", "made"):
        index = WatchIndex.open(ledger, tmp_path / place)
        assert found(index, "Synthetic Optics") == found(index, "合成光學有限公司") == {"default/a"}
        assert found(index, "Quite Another Name") == {"default/a\x1f0"}
        monkeypatch.setattr(watchlists, "MATCHER_VERSION", "0")


def test_every_process_has_its_own_place_and_takes_over_a_free_one(ledger: Ledger, tmp_path: Path) -> None:
    take(ledger, a="Synthetic Optics Co., Ltd.")
    first, second = WatchIndex.open(ledger, tmp_path / "index"), WatchIndex.open(ledger, tmp_path / "index")
    assert sorted(path.name for path in (tmp_path / "index").iterdir()) == ["1", "2"]
    first.close()
    third = WatchIndex.open(ledger, tmp_path / "index")
    assert found(second, "Synthetic Optics") == found(third, "Synthetic Optics") == {"default/a"}
    assert sorted(path.name for path in (tmp_path / "index").iterdir()) == ["1", "2"]


@pytest.mark.parametrize("trouble", ["another ledger", "another matcher", "cut off", "damaged"])
def test_an_index_that_does_not_fit_is_built_again(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    take(ledger, a="Synthetic Optics Co., Ltd.")
    WatchIndex.open(ledger, tmp_path / "index").close()
    place = tmp_path / "index" / "1"
    if trouble == "another ledger":
        ledger = Ledger.open(f"sqlite:///{tmp_path / 'other.db'}")
        take(ledger, NOW + timedelta(seconds=1), b="Elsewhere Trading Ltd.")
    elif trouble == "another matcher":
        note = place / "holds.json"
        note.write_text(note.read_text().replace('"matcher":"', '"matcher":"0.'))
    elif trouble == "cut off":
        (place / "holds.json").unlink()
    else:
        (place / "names" / "meta.json").write_text("{")
    index = WatchIndex.open(ledger, tmp_path / "index")
    expected = {"default/b"} if trouble == "another ledger" else {"default/a"}
    assert found(index, "Synthetic Optics") | found(index, "Elsewhere Trading") == expected
