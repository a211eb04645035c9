"""The metrics keep Prometheus's rules: names, base units, bounded labels, help."""

import re

from prometheus_client import REGISTRY, Gauge, generate_latest

from supplywatch import metrics

BOUNDED = {
    "source",
    "rule",
    "family",
    "stage",
    "reason",
    "transition",
    "severity",
    "topic",
    "outcome",
    "what",
    "direction",
    "tier",
    "process",
}


def test_names_units_and_labels() -> None:
    rows = list(metrics.table())
    assert len(rows) >= 20
    for name, kind, labels, text in rows:
        assert re.fullmatch(r"supplywatch_[a-z_]+", name), name
        assert name.endswith("_total") == (kind == "counter"), name
        assert {label for label in labels.split(", ") if label} <= BOUNDED, name
        assert text.endswith("."), name
        assert not re.search(r"_(ms|milliseconds|minutes|hours|days)\b", name), name


def test_no_created_series() -> None:
    metrics.POLLS.labels("x").inc()
    assert b"_created" not in generate_latest(REGISTRY)


def test_gauges_say_how_processes_are_joined() -> None:
    gauges = [m for m in vars(metrics).values() if isinstance(m, Gauge)]
    assert gauges
    assert all(gauge._multiprocess_mode != "all" for gauge in gauges), "a pid label is not bounded"
