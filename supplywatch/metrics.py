"""Every Prometheus metric of the product, in one place.

Labels are bounded: sources, rules, families, stages, reasons, transitions, severities, topics; never the name of an entity, an HS
code or an alert's id. Content (what period the newest figures speak of) and transport (when bytes last came) are different gauges:
a publisher can answer promptly with figures from last month.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.metrics import MetricWrapperBase

_no_created_series: Callable[[], None] = disable_created_metrics
_no_created_series()

_LATENCY_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_BATCH = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000)

POLLS = Counter("supplywatch_polls_total", "Polls of a source, good and bad.", ["source"])
POLL_FAILURES = Counter("supplywatch_poll_failures_total", "Polls that brought no accepted payload.", ["source", "reason"])
QUARANTINED = Counter(
    "supplywatch_quarantined_payloads_total", "Payloads kept aside because they must not be believed.", ["source", "reason"]
)
PUT_ASIDE = Counter("supplywatch_records_put_aside_total", "Records of accepted payloads that are too large for any topic.", ["source"])
TRANSPORT = Gauge(
    "supplywatch_source_transport_timestamp_seconds",
    "Unix time of the last payload that was accepted or confirmed unchanged.",
    ["source"],
    multiprocess_mode="mostrecent",
)
CONTENT = Gauge(
    "supplywatch_source_content_timestamp_seconds",
    "Unix time of the end of the newest period the accepted figures speak of.",
    ["source"],
    multiprocess_mode="mostrecent",
)
PRODUCED = Counter("supplywatch_records_produced_total", "Records the broker has confirmed.", ["family"])
JUDGED = Counter("supplywatch_records_judged_total", "Records judged, repeats included.", ["family"])
OUTCOMES = Counter(
    "supplywatch_record_outcomes_total", "What judged records were: new, revision, duplicate or stale (an older vintage).", ["outcome"]
)
DEAD_LETTERS = Counter("supplywatch_dead_letters_total", "Messages put aside because nobody could use them.", ["stage", "reason"])
STOPPED = Gauge(
    "supplywatch_stage_stopped",
    "1 while a stage takes no messages because too many could not be used (dead-letter ceiling).",
    ["stage"],
    multiprocess_mode="livemax",
)
BATCH_SECONDS = Histogram("supplywatch_batch_seconds", "Time from validating a batch to its commit.", ["stage"], buckets=_LATENCY_S)
BATCH_RECORDS = Histogram("supplywatch_batch_records", "Messages worked on together.", ["stage"], buckets=_BATCH)
JUDGE_LATENCY = Histogram(
    "supplywatch_judge_latency_seconds", "From a record's time on its topic to the commit of its judgement.", buckets=_LATENCY_S
)
RELAY_LATENCY = Histogram(
    "supplywatch_relay_latency_seconds", "From an alert event's commit in the ledger to its confirmation on the topic.", buckets=_LATENCY_S
)
TRANSITIONS = Counter(
    "supplywatch_alert_transitions_total", "Transitions written to the ledger by workers.", ["rule", "transition", "severity"]
)
OPEN_ALERTS = Gauge(
    "supplywatch_open_alerts", "Alerts open or held, as the ledger has them.", ["rule", "severity"], multiprocess_mode="livemostrecent"
)
OUTBOX = Gauge("supplywatch_outbox_pending", "Alert events not yet published.", multiprocess_mode="livemostrecent")
NOTIFIED = Gauge("supplywatch_notified_alerts", "Open alerts that Alertmanager was told of last.", multiprocess_mode="livemostrecent")
NOTIFIED_AT = Gauge(
    "supplywatch_notified_timestamp_seconds",
    "When every Alertmanager was last told of all that stands.",
    multiprocess_mode="livemostrecent",
)
RELAYED = Counter("supplywatch_relay_events_total", "Alert events the broker has confirmed.", ["transition"])
RETRIES = Counter("supplywatch_retries_total", "Calls repeated because something was away.", ["stage", "what"])
LAG = Gauge(
    "supplywatch_consumer_lag",
    "Messages on a topic that a stage has not yet worked on.",
    ["stage", "topic"],
    multiprocess_mode="livemostrecent",
)
UNOWNED = Gauge(
    "supplywatch_partitions_unowned", "Partitions of a stage's topics that no process owns.", ["stage"], multiprocess_mode="livemostrecent"
)
ASSIGNED = Gauge("supplywatch_partitions_assigned", "Partitions this process owns.", ["stage"], multiprocess_mode="livesum")
MATCHES = Counter(
    "supplywatch_party_matches_total", "Pairs of counterparty and listed party compared anew, by tier.", ["direction", "tier"]
)
READY = Gauge("supplywatch_ready", "1 when the process is ready, 0 when not (reasons at /readyz).", multiprocess_mode="livemin")


class Collected(NamedTuple):
    """A metric that is made anew at each scrape, by who knows the figures (the supervisor of a process tree)."""

    family: type[GaugeMetricFamily | CounterMetricFamily]
    name: str
    documentation: str
    labels: tuple[str, ...]

    def made(self, samples: Iterable[tuple[str, float]]) -> Metric:
        """Return the metric with one sample for each (label, value)."""
        found = self.family(self.name, self.documentation, labels=self.labels)
        for label, value in samples:
            found.add_metric([label], value)
        return found


PROCESS_UP = Collected(GaugeMetricFamily, "supplywatch_process_up", "1 while the process runs.", ("process",))
PROCESS_RESTARTS = Collected(
    CounterMetricFamily, "supplywatch_process_restarts_total", "Times the process had to be started again.", ("process",)
)


def table() -> Iterator[tuple[str, str, str, str]]:
    """Yield (name, type, labels, help) of every metric, in the order of this module; the generated documentation shows it."""
    for metric in globals().values():
        if isinstance(metric, Collected):
            yield metric.name, metric.made(()).type, ", ".join(metric.labels), metric.documentation
        if isinstance(metric, MetricWrapperBase):
            described = next(iter(metric.describe()))
            suffix = "_total" if described.type == "counter" else ""
            yield described.name + suffix, described.type, ", ".join(metric._labelnames), described.documentation
