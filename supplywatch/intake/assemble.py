"""Puts a runner together from the settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import httpx

from supplywatch.intake.archive import Archive
from supplywatch.intake.fetch import Fetcher
from supplywatch.intake.offering import Producer
from supplywatch.intake.options import SourceOptions
from supplywatch.intake.runner import Runner
from supplywatch.ledger.book import Ledger
from supplywatch.settings import Settings


def make_archive(settings: Settings) -> Archive:
    """Return the archive of raw payloads."""
    return Archive(settings.data_dir / "archive", settings.disk_reserve_mb * 1_000_000)


def make_fetcher(settings: Settings, archive: Archive, sleep: Callable[[float], object] = time.sleep) -> Fetcher:
    """Return a fetcher; proxies and certificates are those of the environment, as httpx reads it."""
    return Fetcher(httpx.Client(), stored=archive.find, secret=lambda name: getattr(settings, name, None), sleep=sleep)


def make_runner(
    settings: Settings,
    ledger: Ledger,
    producer: Producer,
    topic_of: Callable[[str], str],
    options: Mapping[str, SourceOptions],
    sleep: Callable[[float], object] = time.sleep,
) -> Runner:
    """Return a runner.

    Parameters
    ----------
    sleep
        Waits between two attempts; one that returns early when the process is to end makes it end sooner.
    """
    archive = make_archive(settings)
    return Runner(
        ledger,
        archive,
        make_fetcher(settings, archive, sleep),
        producer,
        topic_of,
        options={source_id: chosen.options for source_id, chosen in options.items()},
        has_secret=lambda name: bool(getattr(settings, name, None)),
    )
