"""``python -m streams.relay``: publishes what stands in the outbox, again and again until the broker has confirmed it.

Several relays may run; a lease in the ledger lets one publish. A relay that dies between sending and marking leaves repeats, always
with the same ``ce_id``: receivers drop them by it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime

from streams.process import CRASHED, REFUSED, STOPPED, holder_name, settings_of_process
from streams.topics import ALERT_STATE, ALERTS, COUNTERPARTIES, Changed, ensure_topics
from supplywatch import metrics
from supplywatch.desk import actions as desk
from supplywatch.errors import LedgerAway, Refuse, Retry, SupplywatchError
from supplywatch.ledger import alerts, listed, replaying, watchlists
from supplywatch.ledger.book import Ledger, OutboxRow
from supplywatch.model.counterparty import digest_of
from supplywatch.runtime.broker import BrokerAddress, Headers, Producer, Sent
from supplywatch.runtime.broker_admin import Admin
from supplywatch.runtime.health import STATUS_FILE, Health, HealthServer
from supplywatch.runtime.logs import get_logger
from supplywatch.runtime.patience import Pauses
from supplywatch.settings import Settings

log = get_logger(__name__)

BATCH = 500
LEASE_S = 30.0
SEND_S = 3.0
"""A send is given up well before the lease ends: a relay that lost it must have nothing on its way, or an old state could land last."""
STANDBY_PAUSE_S = 2.0
BUSY_PAUSE_S, IDLE_PAUSE_S = 0.01, 0.05
LONGEST_PAUSE_S = 5.0
GAUGES_EVERY_S = 5.0
UNSHELVE_EVERY_S = 5.0


def cloud_event_headers(row: OutboxRow, source: str) -> Headers:
    """Return the Kafka headers of an alert event: CloudEvents 1.0, binary mode."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", row.event_id.encode()),
        ("ce_source", source.encode()),
        ("ce_type", f"dev.supplywatch.alert.{row.transition}.v1".encode()),
        ("ce_time", row.recorded_at.astimezone(UTC).isoformat().encode()),
        ("ce_subject", row.alert_id.encode()),
        ("ce_standing", b"true" if json.loads(row.body)["standing"] else b"false"),
        ("content-type", b"application/json"),
    ]


class Relay:
    """Publishes the outbox while it holds the lease, and takes back shelved alerts when their time is over.

    Parameters
    ----------
    prefix
        The topic prefix; also part of ``ce_source``.
    holder
        Name in the lease.
    restore
        The state topic lost what stands (a broker that keeps nothing has come back): it is given anew before anything else.
    """

    def __init__(self, ledger: Ledger, producer: Producer, prefix: str, holder: str, *, restore: bool = False) -> None:
        self._ledger, self._producer, self._prefix, self._holder = ledger, producer, prefix, holder
        self._restore = restore
        self._source = f"/supplywatch/{prefix.strip('._-')}" if prefix else "/supplywatch"
        self._renew_at = 0.0
        self._gauges_at = 0.0
        self._unshelve_at = 0.0
        self._shown: set[tuple[str, str]] = set()

    def step(self) -> int | None:
        """Publish one batch; returns how many events, or ``None`` while another relay holds the lease.

        Raises
        ------
        BrokerAway, LedgerAway
            Nothing of the batch was marked; call again.
        """
        if not self._lease():
            return None
        self._unshelve()
        if self._restore:
            log.info("state topic restored", alerts=self.send_states())
            self._restore = False
        rows = self._ledger.outbox_pending(BATCH)
        if rows:
            self._producer.flush_checked([*self._alerts(rows), *self._states(rows)])
            self._ledger.outbox_mark([row.seq for row in rows])
            now = datetime.now(UTC)
            for row in rows:
                metrics.RELAYED.labels(row.transition).inc()
                metrics.RELAY_LATENCY.observe(max(0.0, (now - row.recorded_at).total_seconds()))
        given_out = self._give_out()
        self._measure()
        return len(rows) + given_out

    def release(self) -> None:
        """Hand the lease on at once."""
        if self._renew_at:
            self._ledger.lease("relay", self._holder, 0.0)
            self._renew_at = 0.0

    def _lease(self) -> bool:
        now = time.monotonic()
        if now < self._renew_at:
            return True
        held = self._ledger.lease("relay", self._holder, LEASE_S)
        self._renew_at = now + LEASE_S / 3 if held else 0.0
        return held

    def _unshelve(self) -> None:
        if (now := time.monotonic()) >= self._unshelve_at:
            self._unshelve_at = now + UNSHELVE_EVERY_S
            desk.unshelve_expired(self._ledger, datetime.now(UTC))

    def _give_out(self) -> int:
        """Put the next counterparties that changed on their topic, to be matched, and note how far that came."""
        with self._ledger.read() as connection:
            seq, after = listed.bookmark(connection, listed.GIVEN_OUT)
            newest = watchlists.latest_seq(connection)
            if (seq, after) == (newest, ""):
                return 0
            changes = list(watchlists.changes_since(connection, seq, after=after or None, limit=BATCH))
        through = (newest, "") if len(changes) < BATCH else (changes[-1].seq, changes[-1].counterparty_id)
        topic = self._prefix + COUNTERPARTIES
        said = [Changed(counterparty_id=change.counterparty_id, seq=change.seq) for change in changes]
        # Without a reference of the user's an id holds the name, and keys stand in tools and logs of the broker: they get its digest.
        sends = [self._producer.send(topic, digest_of(one.counterparty_id).encode(), one.model_dump_json().encode()) for one in said]
        self._producer.flush_checked(sends)
        with self._ledger.begin() as connection:
            # The bookmark may have been set back meanwhile, to give all out again: then these come once more.
            if listed.bookmark(connection, listed.GIVEN_OUT) == (seq, after):
                listed.set_bookmark(connection, listed.GIVEN_OUT, *through)
        return len(changes)

    def send_states(self) -> int:
        """Send the last event of every alert that stands to the state topic once more; returns how many, errors as for :meth:`step`."""
        with self._ledger.read() as connection:
            rows = replaying.states(connection)
        self._producer.flush_checked(self._states(rows))
        return len(rows)

    def send_events(self, since: datetime, until: datetime | None) -> int:
        """Send the events recorded between two instants to the alert topic once more; returns how many, errors as for :meth:`step`."""
        sent = 0
        with self._ledger.read() as connection:
            for page in replaying.events(connection, since, until):
                self._producer.flush_checked(self._alerts(page))
                sent += len(page)
        return sent

    def _alerts(self, rows: Sequence[OutboxRow]) -> list[Sent]:
        return [self._send(ALERTS, row) for row in rows]

    def _states(self, rows: Sequence[OutboxRow]) -> list[Sent]:
        last = {row.alert_id: row for row in rows}
        return [self._send(ALERT_STATE, row) for row in last.values()]

    def _send(self, topic: str, row: OutboxRow) -> Sent:
        return self._producer.send(self._prefix + topic, row.alert_id.encode(), row.body.encode(), cloud_event_headers(row, self._source))

    def _measure(self) -> None:
        if (now := time.monotonic()) < self._gauges_at:
            return
        self._gauges_at = now + GAUGES_EVERY_S
        metrics.OUTBOX.set(self._ledger.outbox_size())
        with self._ledger.read() as connection:
            open_alerts = dict.fromkeys(self._shown, 0) | alerts.running_counts(connection)
        for (rule, severity), count in open_alerts.items():
            metrics.OPEN_ALERTS.labels(rule, severity).set(count)
        self._shown = set(open_alerts)


def run_relay(settings: Settings, stop: threading.Event) -> int:
    """Publish until asked to stop; outages are waited out.

    Raises
    ------
    SupplywatchError
        When it cannot start: broker or ledger away, a wrong setting.
    """
    address = BrokerAddress.parse(settings.broker)
    health = Health.of_process("relay", ["broker", "ledger"])
    with ExitStack() as stack:
        if STATUS_FILE not in os.environ:
            stack.callback(HealthServer(health.problems, settings.metrics_host, settings.metrics_port).close)
        ensure_topics(settings, address)
        ledger = Ledger.open(settings.ledger)
        stack.callback(ledger.close)
        producer = stack.enter_context(Producer(address, SEND_S))
        relay = Relay(
            ledger, producer, settings.topic_prefix, holder_name(), restore=_is_empty(address, settings.topic_prefix + ALERT_STATE)
        )
        log.info("relay started", broker=",".join(address.servers))
        keep_publishing(relay, health, stop)
        with suppress(LedgerAway):
            relay.release()
    return STOPPED


def _is_empty(address: BrokerAddress, topic: str) -> bool:
    with Admin(address) as admin:
        return not any(admin.end_offsets([topic]).values())


def keep_publishing(relay: Relay, health: Health, stop: threading.Event) -> None:
    """Step after step until stopped: soon again when there was something, a little later each time when there was not."""
    pause, away = BUSY_PAUSE_S, Pauses(2 * IDLE_PAUSE_S, LONGEST_PAUSE_S)
    while not stop.wait(pause):
        try:
            sent = relay.step()
        except Retry as error:
            part = "ledger" if isinstance(error, LedgerAway) else "broker"
            metrics.RETRIES.labels("relay", part).inc()
            health.set(part, str(error))
            log.warning("waiting", what=part, detail=str(error))
            pause = away.take()
            continue
        away.reset()
        health.set("broker", None)
        health.set("ledger", None)
        if sent is None:
            pause = STANDBY_PAUSE_S
        elif sent:
            pause = BUSY_PAUSE_S
        else:
            pause = min(pause * 1.5, IDLE_PAUSE_S)


def main() -> None:
    """Run a relay with the settings of the environment and exit with its code."""
    settings, stop = settings_of_process(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        code = run_relay(settings, stop)
    except SupplywatchError as error:
        log.error("relay ends", reason=str(error))
        code = REFUSED if isinstance(error, Refuse) else CRASHED
    sys.exit(code)


if __name__ == "__main__":
    main()
