"""Every setting, from the environment (``SUPPLYWATCH_…``) or the command line."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from supplywatch.errors import BadSetting
from supplywatch.secrecy import learn

PREFIX = "SUPPLYWATCH_"
OWN_BROKERS = ("embedded", "apache")
"""What ``supplywatch up`` can run by itself."""

_MAY_HOLD_SECRETS = {"broker", "ledger", "alertmanager", "census_key", "comtrade_key", "letter_key"}


class Settings(BaseModel):
    """All settings of the product; each can be given as ``SUPPLYWATCH_<NAME>``, in letters of either case."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    broker: str = Field(
        default="embedded",
        description="'embedded' (a child of 'up', memory only), 'apache' (Apache Kafka as a child of 'up', keeps its topics), "
        "or 'kafka://host:port[,host:port]'",
    )
    ledger: str = Field(
        default="sqlite:///var/ledger.db", description="SQLAlchemy URL: 'sqlite:///path' or 'postgresql+psycopg://user:password@host/db'"
    )
    data_dir: Path = Field(default=Path("var"), description="folder of the raw archive and of the brokers that 'up' runs")
    archive_keep_days: int = Field(default=400, ge=1, description="days that 'ledger prune' leaves every archived payload")
    archive_keep_newest: int = Field(
        default=20, ge=1, description="accepted payloads of each source that 'ledger prune' leaves whatever their age"
    )
    disk_reserve_mb: int = Field(default=100, ge=0, description="MB left free on the archive's disk: below it sources are not polled")
    config_dir: Path | None = Field(
        default=None, description="folder of a configuration of your own: all its files; without it that of the release"
    )
    topic_prefix: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]*$", description="put before every topic and group, to share a cluster")
    metrics_port: int = Field(default=9464, ge=0, le=65535, description="port of /metrics, /healthz and /readyz; 0 takes a free one")
    metrics_host: str = Field(default="127.0.0.1", description="address the metrics port listens on")
    batch_max: int = Field(default=500, ge=1, le=10_000, description="messages judged in one transaction at the most")
    outage_s: float = Field(default=600.0, gt=0, description="seconds a broker outage is waited out before a send counts as failed")
    idle_s: float = Field(default=60.0, gt=0, description="seconds a worker may stand without partitions while some have no owner")
    census_key: SecretStr | None = Field(default=None, description="US Census Bureau key; without it 500 calls a day")
    comtrade_key: SecretStr | None = Field(default=None, description="UN Comtrade subscription key; without it the public preview is used")
    letter_key: SecretStr | None = Field(
        default=None, description="key that dead letters are signed with; without it one is made in the data folder"
    )
    kafka_port: int = Field(default=9092, ge=0, le=65535, description="loopback port of the broker 'apache'; 0 takes a free one")
    maven_url: str = Field(
        default="https://repo.maven.apache.org/maven2",
        pattern=r"^https?://",
        description="Maven registry that 'supplywatch broker install' fetches Apache Kafka from: Maven Central or a mirror of it",
    )
    alertmanager: str | None = Field(
        default=None, description="Alertmanagers that are told of every open alert, 'http://host:9093', several with commas between them"
    )
    runbooks_url: str | None = Field(
        default=None, pattern=r"^https?://", description="where your copy of docs/runbooks is served; alerts in Alertmanager link there"
    )
    replication: int = Field(default=1, ge=1, le=9, description="replication factor of the topics, when they are created")
    log_json: bool = Field(default=False, description="log lines as JSON objects")

    def secret(self, name: str) -> str | None:
        """Return the key of a publisher in the clear; ``None`` when there is no such setting or it is empty."""
        value = getattr(self, name, None)
        return (value.get_secret_value() or None) if isinstance(value, SecretStr) else None

    @model_validator(mode="before")
    @classmethod
    def _from_environment(cls, given: dict[str, Any]) -> dict[str, Any]:
        # The library pydantic-settings does this with 200 modules: half of the start-up of every command, 15 MB of every process.
        names = {f"{PREFIX}{name}".upper(): name for name in cls.model_fields}
        found = {names[name.upper()]: value for name, value in os.environ.items() if name.upper() in names}
        return found | given

    @field_validator("broker")
    @classmethod
    def _known_broker(cls, value: str) -> str:
        if value not in OWN_BROKERS and not value.startswith("kafka://"):
            raise ValueError("must be 'embedded', 'apache' or 'kafka://host:port'")
        return value

    @field_validator("ledger")
    @classmethod
    def _known_ledger(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "sqlite://", "postgresql+psycopg://")):
            raise ValueError("must start with 'sqlite:///' or 'postgresql+psycopg://'")
        return value


@cache
def load_settings() -> Settings:
    """Read the settings once.

    Raises
    ------
    BadSetting
        One sentence that names the variable, its value and what is expected.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        setting = str(first["loc"][0]) if first["loc"] else ""
        name = f"{PREFIX}{setting.upper()}" if setting else "a setting"
        # An address that could not be read may hold a password anywhere; pydantic's own error would show it in a traceback (``from None``).
        given = "" if setting in _MAY_HOLD_SECRETS else f"={first.get('input')!r}"
        raise BadSetting(f"{name}{given}: {first['msg'].removeprefix('Value error, ')}") from None
    learn(settings.secret(name) for name in Settings.model_fields)
    return settings
