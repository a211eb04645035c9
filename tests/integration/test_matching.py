"""A new snapshot of a list against a large watch-list, through the real stack: exactly the planted alerts, whoever is killed meanwhile."""

import csv
import io
import random
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from connectors.lists import csl
from supplywatch.intake.assemble import make_runner
from supplywatch.intake.files import read_file
from supplywatch.ledger import listed, schema
from supplywatch.ledger.watchlist_imports import Counts, Origin, Stage, Staged, change_now
from supplywatch.ledger.watchlists import latest_seq
from supplywatch.model.counterparty import Counterparty, counterparty_id
from supplywatch.model.source import Source
from supplywatch.runtime.broker import Producer, record_topic
from supplywatch.screening.watched import keys_of, keys_text
from tests.servers.cluster import Cluster
from tests.servers.process import wait_until

pytestmark = pytest.mark.integration

WATCHED, LISTED, ADDED, PLANTED, NEW = 100_000, 1_500, 150, 60, 40
SOURCE: Source = replace(csl.SOURCE, card=replace(csl.SOURCE.card, min_records=1_000))
SYLLABLES = [a + b for a in "bdfgjklmnprstvz" for b in ("a", "e", "i", "o", "u", "ai", "ou")]
TRADES = ("Optics", "Machinery", "Semiconductor", "Shipping", "Chemical", "Electronics", "Textile", "Foods")
SPELLINGS = ("{} Co., Ltd.", "{} COMPANY LIMITED", "{} CO LTD", "{} Corporation", "{}")


def invented(chance: random.Random, number: int) -> list[str]:
    """Return names of two coined words each, no two of which share one."""
    words = chance.sample([a + b + c for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES], 2 * number)
    return [f"{one.title()} {other.title()} {chance.choice(TRADES)}" for one, other in zip(words[::2], words[1::2], strict=True)]


@cache
def watched() -> tuple[list[Staged], list[str], list[Staged]]:
    """Return the rows of the watch-list, the names to be listed, and the rows of the counterparties that come later."""
    chance = random.Random(2026)
    names = invented(chance, WATCHED + LISTED + ADDED)
    listed_names = names[WATCHED:]
    base, added = listed_names[:LISTED], listed_names[LISTED:]
    own = names[: WATCHED - PLANTED] + [chance.choice(SPELLINGS).format(name) for name in added[:PLANTED]]
    later = [chance.choice(SPELLINGS).format(name) for name in base[:NEW]]
    return [row(f"V{n}", name) for n, name in enumerate(own)], listed_names, [row(f"N{n}", name) for n, name in enumerate(later)]


def row(reference: str, name: str) -> Staged:
    one = Counterparty(reference=reference, name=name, country="CN", tags=("hs:280530",))
    return Staged(counterparty_id("default", reference), one.digest, one.text, keys_text(keys_of(one.names)))


def snapshot(names: list[str], path: Path) -> Path:
    """Write a snapshot of the Consolidated Screening List in its publisher's shape (synthetic), every list of it there."""
    out = io.StringIO()
    header = (Path(__file__).parents[1] / "fixtures" / "csl" / "good.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    rows = csv.DictWriter(out, header)
    rows.writeheader()
    every = [f"Synthetic List ({code})" for code in csl.LISTS]
    entity_list = "Entity List (EL) - Bureau of Industry and Security"
    for number, name in enumerate(names):
        title = every[number] if number < len(every) else entity_list
        notice = {"federal_register_notice": "91 FR 4711", "start_date": "2026-11-20"}
        rows.writerow({"_id": f"k{number:05}", "source": title, "name": f"{name} Co., Ltd.", "addresses": "1 Example Road, CN", **notice})
    path.write_text(out.getvalue(), encoding="utf-8")
    return path


def load(cluster: Cluster, names: list[str], number: int) -> int:
    """Take a snapshot in, through connector, runner and broker; returns the number of records offered."""
    settings = cluster.settings
    payload = read_file(str(snapshot(names, cluster.folder / f"csl-{number}.csv")), SOURCE.card, now=datetime.now(UTC)).payload
    with Producer(cluster.address, 60) as producer:
        topic_of = partial(record_topic, prefix=settings.topic_prefix)
        runner = make_runner(settings, cluster.ledger, producer, topic_of, {})
        result = runner.load(SOURCE, payload, pytest.fail)
    assert result.outcome == "accepted", result
    return result.records


def take(cluster: Cluster) -> None:
    """Bring the large watch-list into force, as one that was matched before: only what changes from now on is given out."""
    rows, _, _ = watched()
    stage = Stage.begin(cluster.ledger, "default", datetime.now(UTC))
    for start in range(0, len(rows), 5_000):
        stage.put(rows[start : start + 5_000])
    seq = stage.complete(Origin("default", datetime.now(UTC), "test"), Counts(accepted=len(rows), added=len(rows)))
    with cluster.ledger.begin() as connection:
        listed.set_bookmark(connection, listed.GIVEN_OUT, seq)


def opened(cluster: Cluster) -> list[str]:
    e = schema.alert_event.c
    with cluster.ledger.read() as connection:
        query = select(e.subject_id).where(e.rule == "party_match", e.transition == "opened").order_by(e.seq)
        return [subject.partition("|")[0] for subject in connection.execute(query).scalars()]


def test_a_snapshot_against_a_hundred_thousand_counterparties(cluster: Cluster) -> None:
    _, names, later = watched()
    cluster.relay()
    cluster.real_worker()
    matchers = [cluster.matcher(), cluster.matcher()]
    offered = load(cluster, names[:LISTED], 1)
    wait_until(lambda: in_force(cluster) == LISTED, 120, "the first load taken in")
    take(cluster)

    offered += load(cluster, names, 2)
    pause = random.Random(7)
    for _ in range(3):
        time.sleep(pause.uniform(0.3, 3.0))
        slot = pause.randrange(2)
        matchers[slot].end(signal.SIGKILL)
        matchers[slot] = cluster.matcher()
    with cluster.ledger.begin() as connection:
        change_now(connection, Origin("default", datetime.now(UTC), "test", "add"), later, Counts(accepted=NEW, added=NEW))

    wait_until(lambda: len(opened(cluster)) >= PLANTED + NEW, 150, "the planted matches")
    wait_until(lambda: cluster.unmatched() == 0 and cluster.lag() == 0, 90, "everything read")
    cluster.wait_published(60)
    expected = {f"default/V{WATCHED - PLANTED + n}" for n in range(PLANTED)} | {f"default/N{n}" for n in range(NEW)}
    found = opened(cluster)
    assert len(found) == len(set(found)) == PLANTED + NEW
    assert set(found) == expected
    events = cluster.ledger_events()
    assert len(events) == len(set(events))
    assert set(cluster.published()) == set(events)
    assert judged_lists(cluster) == offered
    assert all(child.running for child in matchers)


def in_force(cluster: Cluster) -> int:
    t = schema.listed
    with cluster.ledger.read() as connection:
        return int(connection.execute(select(func.count()).select_from(t).where(t.c.in_force)).scalar_one())


def judged_lists(cluster: Cluster) -> int:
    o = schema.observation
    with cluster.ledger.read() as connection:
        assert latest_seq(connection) == 2
        return int(connection.execute(select(func.count()).select_from(o).where(~o.c.series.startswith("match/"))).scalar_one())
