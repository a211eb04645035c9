"""What nobody calls goes: vulture reads the product without its tests, so what only a test calls is named too."""

from vulture import Vulture

from tests.conftest import ROOT

PRODUCT = ("supplywatch", "connectors", "detectors", "streams")
CALLED_BY_OTHERS = [
    *("handle_*", "do_GET", "log_message", "collect", "_new_consumer_thread"),  # html.parser, http.server, prometheus_client, Faust
    *("process_bind_param", "process_result_value", "upgrade", "downgrade"),  # SQLAlchemy, Alembic
    *(
        "*Handler",
        "buffer_text",
        "daemon_threads",
        "isolation_level",
        "is_disconnect",
        "use_insertmanyvalues_wo_returning",
    ),  # set for a library to read
    *("_fetch_max_wait_ms", "_process_acl_operations"),
    *("duplicate", "stale"),  # read by name: the outcomes of a verdict
    "missing_of_feed",  # docs/generate.py asks it
    "pids",  # tests follow the processes of a tree by it
]
CALLED_BY_DECORATORS = ["@*.command", "@*.callback", "@*.listens_for", "@field_validator", "@field_serializer", "@model_validator"]


def test_everything_is_called() -> None:
    """Fields are left out: those of records and of configuration are for subscribers, documents and people."""
    found = Vulture(ignore_names=CALLED_BY_OTHERS, ignore_decorators=CALLED_BY_DECORATORS)
    found.scavenge([str(ROOT / folder) for folder in PRODUCT])
    idle = [item for item in found.get_unused_code(min_confidence=60) if item.typ != "variable" or item.name.isupper()]
    assert "\n".join(item.get_report() for item in idle) == ""
