"""``python -m tests.servers.dying_relay``: a relay that is killed after its events are on the topic and before they are marked."""

import os
import signal
from collections.abc import Sequence
from unittest.mock import patch

from streams.relay import main
from supplywatch.ledger.book import Ledger


def die(_ledger: Ledger, _seqs: Sequence[int]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    with patch.object(Ledger, "outbox_mark", die):
        main()
