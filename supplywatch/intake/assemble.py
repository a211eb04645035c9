"""Puts a runner together from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from supplywatch.intake.archive import Archive
from supplywatch.intake.fence import Fence, FencedFetcher
from supplywatch.intake.fetch import Fetcher
from supplywatch.intake.offering import Producer
from supplywatch.intake.options import SourceOptions
from supplywatch.intake.runner import Runner
from supplywatch.ledger.book import Ledger
from supplywatch.settings import Settings


def make_archive(settings: Settings) -> Archive:
    """Return the archive of raw payloads."""
    return Archive(settings.data_dir / "archive", settings.disk_reserve_mb * 1_000_000)


def make_fence(settings: Settings) -> Fence:
    """Return the fence around fetching and reading; close it at the end."""
    environment = {} if settings.config_dir is None else {"SUPPLYWATCH_CONFIG_DIR": str(settings.config_dir)}
    root = make_archive(settings).root
    return Fence(settings.data_dir / "fence", root, log_json=settings.log_json, environment=environment)


def make_fetcher(settings: Settings, archive: Archive) -> Fetcher:
    """Return a fetcher; proxies and certificates are those of the environment, as httpx reads it."""
    return Fetcher(httpx.Client(), stored=archive.find, secret=settings.secret)


def make_runner(
    settings: Settings,
    ledger: Ledger,
    producer: Producer,
    topic_of: Callable[[str], str],
    options: Mapping[str, SourceOptions],
    fence: Fence | None = None,
) -> Runner:
    """Return a runner.

    Parameters
    ----------
    fence
        Where publishers are asked in processes that can be ended; without it they are asked here.
    """
    archive = make_archive(settings)
    return Runner(
        ledger,
        archive,
        make_fetcher(settings, archive) if fence is None else FencedFetcher(fence, settings.secret),
        producer,
        topic_of,
        options={source_id: chosen.options for source_id, chosen in options.items()},
        has_secret=lambda name: settings.secret(name) is not None,
    )
