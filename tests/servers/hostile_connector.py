"""``python -m tests.servers.hostile_connector URL``: the connector of the toy publishers, put together as ``supplywatch connect`` is."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from supplywatch.intake.assemble import make_archive
from supplywatch.intake.fence import Fence, FencedFetcher
from supplywatch.intake.fetch import Limits
from supplywatch.intake.options import SourceOptions
from supplywatch.intake.runner import Runner
from supplywatch.intake.schedule import Schedule
from supplywatch.ledger.book import Ledger
from supplywatch.runtime.broker import BrokerAddress, Producer, record_topic
from supplywatch.settings import load_settings
from tests.faults import hostile


def main(url: str) -> None:
    settings = load_settings()
    archive, ledger = make_archive(settings), Ledger.open(settings.ledger)
    options = {name: SourceOptions(poll_every=timedelta(seconds=2), options={"url": f"{url}/{name}"}) for name in hostile.sources()}
    fence = Fence(settings.data_dir / "fence", archive.root, "tests.faults.hostile:sources")
    fetcher = FencedFetcher(fence, lambda _name: None, Limits(poll_s=60, attempts=1))
    with Producer(BrokerAddress.parse(settings.broker), 30) as producer, ThreadPoolExecutor(2) as pool:
        chosen = {name: one.options for name, one in options.items()}
        runner = Runner(ledger, archive, fetcher, producer, lambda family: record_topic(family, settings.topic_prefix), options=chosen)
        sources = [fence.around(source) for source in hostile.sources().values()]
        Schedule(runner, sources, options, wait=threading.Event().wait, pool=pool).run()


if __name__ == "__main__":
    main(sys.argv[1])
