"""Logging: one line for each thing a person may want to know, on stderr, as text or as JSON objects."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from supplywatch.runtime.output import visible_event

get_logger = structlog.get_logger
_LOUD_LIBRARIES = ("faust", "mode", "aiokafka", "kafka", "alembic", "httpx")


_STAMPS: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def _to_stderr() -> None:
    """Until a process sets its logs up, let warnings go to stderr: stdout is the answer of a command alone."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_STAMPS, visible_event, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())],
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def configure_logs(as_json: bool, level: int = logging.INFO) -> None:
    """Send the product's and the libraries' log lines to stderr in one format; libraries speak only of what goes wrong.

    Parameters
    ----------
    as_json
        One JSON object a line, for log collectors.
    """
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, visible_event, renderer], foreign_pre_chain=_STAMPS
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in _LOUD_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_STAMPS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


_to_stderr()
