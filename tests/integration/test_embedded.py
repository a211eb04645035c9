"""The embedded broker is a child: stopped with its parent, however that ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from streams.embedded import EmbeddedBroker
from tests.servers.process import ROOT, listens, wait_until

pytestmark = pytest.mark.integration
PARENT = """
import sys, time
from pathlib import Path
from streams.embedded import EmbeddedBroker
broker = EmbeddedBroker(Path(sys.argv[1]))
broker.start()
sys.stdout.write(f"{broker.pid} {broker.port}\\n")
sys.stdout.flush()
time.sleep(60)
"""


def test_it_starts_and_stops(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "new")
    broker.start()
    assert listens(broker.port)
    assert broker.url == f"kafka://127.0.0.1:{broker.port}?embedded=1"
    broker.stop()
    assert broker.pid is None
    assert not listens(broker.port)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_it_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    pid, port = map(int, parent.stdout.readline().split())
    os.kill(pid, 0)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not listens(port), 5, f"broker {pid} ended with its parent")
