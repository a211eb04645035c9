"""``python -m streams.notify``: tells Alertmanager what stands open in the ledger, for as long as it stands.

Alertmanager forgets what it is not told again, and says *resolved* of it. So everything that stands is told every minute with an end well
ahead, by one process at a time, and an end is told for one reason alone: the ledger holds the event that ended it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta

import httpx

from streams.alertmanager import Alertmanager, alerts_of
from streams.process import CRASHED, REFUSED, STOPPED, holder_name, settings_of_process
from supplywatch import metrics
from supplywatch.errors import BadSetting, LedgerAway, ReceiverAway, Refuse, Retry, SupplywatchError
from supplywatch.ledger import announcing
from supplywatch.ledger.book import Ledger
from supplywatch.runtime.health import STATUS_FILE, Health, HealthServer
from supplywatch.runtime.logs import get_logger
from supplywatch.runtime.patience import Pauses
from supplywatch.settings import Settings

log = get_logger(__name__)

LEASE_S = 30.0
LOOK_S = 1.0
"""How often the ledger is asked whether something happened; what did is told at once."""
AGAIN = timedelta(seconds=60)
STANDS = max(4 * AGAIN, timedelta(minutes=30))
"""How far ahead the end of an alert is set each time: so long may the notifier be away before Alertmanager takes silence for an end."""
ENDED_FOR = timedelta(minutes=5)
"""An end is told for so long: an Alertmanager that restarts in between hears of it, too."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 15.0


class Notifier:
    """Tells every Alertmanager while it holds the lease.

    Parameters
    ----------
    holder
        Name in the lease.
    runbooks_url
        Where ``docs/runbooks`` is served, for the links; ``None`` for none.
    """

    def __init__(self, ledger: Ledger, receivers: Sequence[Alertmanager], holder: str, runbooks_url: str | None = None) -> None:
        self._ledger, self._receivers, self._holder, self._runbooks = ledger, receivers, holder, runbooks_url
        self._renew_at = 0.0
        self._told_seq = -1
        self._told_at: datetime | None = None

    def step(self, now: datetime) -> int | None:
        """Tell what stands, when something happened or a minute is over; returns how many alerts, ``None`` while another process tells.

        Raises
        ------
        LedgerAway, ReceiverAway
            Not everybody was told; call again.
        """
        if not self._lease():
            return None
        with self._ledger.read() as connection:
            newest = announcing.newest_event(connection)
            if newest == self._told_seq and self._told_at is not None and now < self._told_at + AGAIN:
                return 0
            running = announcing.running(connection)
            # After a pause of the notifier what ended meanwhile is told as well, as far back as an alert there can stand.
            ended = announcing.ended(connection, now - (ENDED_FOR if self._told_at is not None else STANDS + ENDED_FOR))
        bodies = [body for one in running for body in alerts_of(one, now + STANDS, self._runbooks)]
        bodies += [body for one in ended for body in alerts_of(one, now, self._runbooks)]
        self._tell(running, bodies, now)
        self._told_seq, self._told_at = newest, now
        metrics.NOTIFIED.set(len(running))
        metrics.NOTIFIED_AT.set(now.timestamp())
        return len(running)

    def release(self) -> None:
        """Hand the lease on at once."""
        if self._renew_at:
            self._ledger.lease("notify", self._holder, 0.0)
            self._renew_at = 0.0

    def _tell(self, running: Sequence[announcing.Announced], bodies: Sequence[dict[str, object]], now: datetime) -> None:
        """Tell every receiver; one that is away keeps the others from nothing."""
        away: list[str] = []
        for receiver in self._receivers:
            try:
                receiver.silence(running, now)  # first, or what somebody has seen pages again when Alertmanager has lost its memory
                receiver.post(bodies)
            except ReceiverAway as error:
                away.append(str(error))
        if away:
            raise ReceiverAway("; ".join(away))

    def _lease(self) -> bool:
        now = time.monotonic()
        if now < self._renew_at:
            return True
        held = self._ledger.lease("notify", self._holder, LEASE_S)
        self._renew_at = now + LEASE_S / 3 if held else 0.0
        return held


def addresses(settings: Settings) -> list[str]:
    """Return the Alertmanagers that are to be told.

    Raises
    ------
    BadSetting
        None is named.
    """
    if not settings.alertmanager:
        raise BadSetting("SUPPLYWATCH_ALERTMANAGER: names nobody to tell; set it to http://host:9093, several with commas between them")
    return [one.strip() for one in settings.alertmanager.split(",") if one.strip()]


def run_notify(settings: Settings, stop: threading.Event) -> int:
    """Tell until asked to stop; outages are waited out.

    Raises
    ------
    SupplywatchError
        When it cannot start: the ledger away, a wrong setting.
    """
    told = addresses(settings)
    health = Health.of_process("notify", ["ledger", "alertmanager"])
    with ExitStack() as stack:
        if STATUS_FILE not in os.environ:
            stack.callback(HealthServer(health.problems, settings.metrics_host, settings.metrics_port).close)
        ledger = Ledger.open(settings.ledger)
        stack.callback(ledger.close)
        client = stack.enter_context(httpx.Client())
        notifier = Notifier(ledger, [Alertmanager(url, client) for url in told], holder_name(), settings.runbooks_url)
        log.info("notifier started", receivers=len(told))
        keep_telling(notifier, health, stop)
        with suppress(LedgerAway):
            notifier.release()
    return STOPPED


def keep_telling(notifier: Notifier, health: Health, stop: threading.Event) -> None:
    """Step after step until stopped."""
    pause, away = 0.0, Pauses(FIRST_PAUSE_S, LONGEST_PAUSE_S)
    while not stop.wait(pause):
        try:
            notifier.step(datetime.now(UTC))
        except Retry as error:
            part = "ledger" if isinstance(error, LedgerAway) else "alertmanager"
            metrics.RETRIES.labels("notify", part).inc()
            health.set(part, str(error))
            log.warning("waiting", what=part, detail=str(error))
            pause = away.take()
            continue
        away.reset()
        health.set("ledger", None)
        health.set("alertmanager", None)
        pause = LOOK_S


def main() -> None:
    """Run a notifier with the settings of the environment and exit with its code."""
    settings, stop = settings_of_process(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        code = run_notify(settings, stop)
    except SupplywatchError as error:
        log.error("notifier ends", reason=str(error))
        code = REFUSED if isinstance(error, Refuse) else CRASHED
    sys.exit(code)


if __name__ == "__main__":
    main()
