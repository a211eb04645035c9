"""Where the broker is: the one that is set, or the embedded one that ``supplywatch up`` started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from supplywatch.errors import BrokerAway

if TYPE_CHECKING:
    from supplywatch.broker import BrokerAddress
    from supplywatch.settings import Settings

RUN_FILE = "up.json"


def broker_address(settings: Settings) -> BrokerAddress:
    """Return the broker's address.

    Raises
    ------
    BrokerAway
        When the embedded broker is meant and ``supplywatch up`` does not run.
    """
    from supplywatch.broker import BrokerAddress

    if settings.broker != "embedded":
        return BrokerAddress.parse(settings.broker)
    try:
        running = json.loads((settings.data_dir / RUN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BrokerAway(
            f"no embedded broker runs for {settings.data_dir}: start 'supplywatch up' there, or set SUPPLYWATCH_BROKER=kafka://host:port"
        ) from error
    return BrokerAddress.parse(running["broker"])
