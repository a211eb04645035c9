"""Rows looked up by keys of several columns: the right ones, and through an index however large the table is."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, event

from supplywatch.ledger import book, listed, schema
from supplywatch.ledger.book import Ledger
from supplywatch.model.records import SourceStatus
from tests.toy import report, transit

LOOKUPS: dict[str, Callable[[Connection], object]] = {
    "observation": lambda c: book.latest(c, [("transit/c1", "2026-01-01"), ("transit/c1", "2026-01-02")]),
    "observation bodies": lambda c: book.latest_bodies(c, [("transit/c1", "2026-01-01")]),
    "rule_state": lambda c: book.locked_states(c, [("toy", "c1")]),
    "listed": lambda c: listed.bodies(c, [("csl", "EL", "1")]),
}


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_lookup_never_reads_the_whole_table(name: str) -> None:
    ledger, statements = Ledger.open("sqlite://"), list[tuple[str, Sequence[Any]]]()
    event.listen(ledger.engine, "before_cursor_execute", lambda _c, _k, text, values, *_: statements.append((text, values)))
    with ledger.begin() as connection:
        LOOKUPS[name](connection)
        text, values = statements[-1]
        plan = [row[3] for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + text, tuple(values))]
    table = name.partition(" ")[0]
    assert [step for step in plan if step.startswith(f"SEARCH {table} USING")], plan
    assert not [step for step in plan if step.startswith(f"SCAN {table}")], plan
    ledger.close()


@pytest.mark.parametrize(
    "where", ["sqlite", pytest.param("15", marks=pytest.mark.integration), pytest.param("18", marks=pytest.mark.integration)]
)
def test_the_keys_that_are_there_are_found_and_no_others(where: str, request: pytest.FixtureRequest) -> None:
    ledger = Ledger.open("sqlite://" if where == "sqlite" else request.getfixturevalue(f"postgres{where}").database())
    records = [transit(0, 7), transit(1, 8, chokepoint='it\'s "2"'), report(2, SourceStatus.ACCEPTED)]
    with ledger.begin() as connection:
        connection.execute(schema.observation.insert(), [book.observation_row(r, r.model_dump_json()) for r in records])
        keys = [(record.series, record.observed) for record in records]
        assert set(book.latest(connection, [*keys, ("transit/none", "2026-01-01"), keys[0]])) == set(keys)
        assert book.latest(connection, []) == {}
    ledger.close()
