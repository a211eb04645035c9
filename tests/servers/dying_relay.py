"""``python -m tests.servers.dying_relay``: a relay that is killed after its events are on the topic and before they are marked."""

import os
import signal
from collections.abc import Sequence

from streams.relay import main
from supplywatch.ledger import Ledger


def die(_ledger: Ledger, _seqs: Sequence[int]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Ledger.outbox_mark = die  # type: ignore[method-assign]
    main()
