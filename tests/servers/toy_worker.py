"""``python -m tests.servers.toy_worker``: a worker whose only rule is the toy."""

from streams.judging import Judges
from streams.worker import judging, main
from supplywatch.judging.engine import Engine
from supplywatch.ledger.book import Ledger
from supplywatch.model.items import Items
from tests import toy


def make_engine(ledger: Ledger) -> Judges:
    return Engine(ledger, {"toy": toy.RULE}, Items(reporter="CHN", items=()), params={"toy": toy.Params()})


if __name__ == "__main__":
    main(judging(make_engine))
