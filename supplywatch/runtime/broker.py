"""Kafka as the product needs it: addresses, names of topics, a producer whose every send is checked.

Only kafka-python is used here; Faust lives in :mod:`streams`.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError

from supplywatch.errors import BadRequest, BadSetting, BrokerAway
from supplywatch.runtime.sizes import MAX_MESSAGE_BYTES
from supplywatch.secrecy import learn

Headers = Sequence[tuple[str, bytes]]
FETCH_WAIT_MS = 40
"""How long a broker may let a fetch wait for messages: the embedded one always waits to the end."""
_CONNECT_S = 10.0
_OPTIONS = {"embedded", "security", "mechanism", "cafile"}
_SECURITY = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")


@dataclass(frozen=True)
class BrokerAddress:
    """Where the broker is and how to talk to it.

    Written ``kafka://[user:password@]host:port[,host:port][?security=sasl_ssl&mechanism=SCRAM-SHA-512&cafile=/path]``;
    ``embedded=1`` marks the embedded broker, which has no idempotent producers. A user without ``security`` means ``sasl_ssl``: a password
    goes over the network in the clear only where somebody wrote ``security=sasl_plaintext``.
    """

    servers: tuple[str, ...]
    embedded: bool = False
    security: str = "plaintext"
    mechanism: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | None = None

    @classmethod
    def parse(cls, url: str) -> BrokerAddress:
        """Read an address.

        Raises
        ------
        BadSetting
            When it is not one; the message never shows the password.

        Examples
        --------
        >>> BrokerAddress.parse("kafka://one:9092,two:9092").servers
        ('one:9092', 'two:9092')
        """
        parts = urlsplit(url)
        credentials, _, hosts = parts.netloc.rpartition("@")
        servers = tuple(host for host in hosts.split(",") if host)
        if parts.scheme != "kafka" or not servers or not all(_host_port(host) for host in servers):
            # Not shown where an @ stands: a / or ? in a password ends the host part early, and what is left of it would be printed.
            told = "the address" if "@" in url else repr(hosts or parts.scheme)
            hint = "; in a password write % and two digits for / ? # @ (/ is %2F)" if "@" in url else ""
            raise BadSetting(f"SUPPLYWATCH_BROKER: {told} is no broker; expected kafka://host:port[,host:port]{hint}")
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := set(options) - _OPTIONS:
            raise BadSetting(f"SUPPLYWATCH_BROKER: unknown option {min(unknown)!r}; known: {', '.join(sorted(_OPTIONS))}")
        user, _, password = credentials.partition(":")
        learn([unquote(password)])
        security = options.get("security", "sasl_ssl" if user else "plaintext").lower()
        if security not in _SECURITY:
            raise BadSetting(f"SUPPLYWATCH_BROKER: security={security!r}; known: {', '.join(_SECURITY)}")
        mechanism = options.get("mechanism", "SCRAM-SHA-512") if security.startswith("sasl") else None
        return cls(
            servers=servers,
            embedded=options.get("embedded") == "1",
            security=security,
            mechanism=mechanism,
            username=unquote(user) or None,
            password=unquote(password) or None,
            cafile=options.get("cafile"),
        )

    def client_options(self) -> dict[str, Any]:
        """Return what every kafka-python client needs to connect."""
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "security_protocol": self.security.upper(),
            "bootstrap_timeout_ms": int(_CONNECT_S * 1000),
            "reconnect_backoff_max_ms": 1000,
        }
        if self.mechanism:
            options |= {"sasl_mechanism": self.mechanism, "sasl_plain_username": self.username, "sasl_plain_password": self.password}
        if context := self.ssl_context():
            options["ssl_context"] = context
        return options

    def ssl_context(self) -> ssl.SSLContext | None:
        """Return what an encrypted connection needs; ``None`` for a plain one."""
        if "ssl" not in self.security:
            return None
        try:
            return ssl.create_default_context(cafile=self.cafile)
        except OSError as error:
            raise BadSetting(f"SUPPLYWATCH_BROKER: cafile={self.cafile!r} cannot be used ({error.strerror or error})") from error

    def away(self, error: Exception) -> BrokerAway:
        """Return the error that says in one sentence that nobody answers here."""
        reason = str(error) or type(error).__name__
        return BrokerAway(f"no Kafka broker answers at {','.join(self.servers)} ({reason}); start it, or correct SUPPLYWATCH_BROKER")


_WRITTEN = {"trade": 2}
"""The version of the topic for families whose records changed so that a worker of the release before would put them aside."""


def record_topic(family: str, prefix: str = "") -> str:
    """Return the topic a family of records travels on.

    Examples
    --------
    >>> record_topic("transit"), record_topic("trade")
    ('records.transit.v1', 'records.trade.v2')
    """
    return f"{prefix}records.{family}.v{_WRITTEN.get(family, 1)}"


def _host_port(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and port.isdigit() and 0 < int(port) < 65536


@dataclass(frozen=True)
class TopicSpec:
    """What a topic must look like."""

    name: str
    partitions: int
    configs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """One message on its way: nothing is delivered until :meth:`Producer.flush_checked` has passed it."""

    topic: str
    future: Any = field(repr=False)


class Producer:
    """A producer for at-least-once delivery: ``send`` queues, ``flush_checked`` looks at every single outcome.

    Parameters
    ----------
    address
        The broker.
    outage_s
        How long an outage of the broker is waited out before a send counts as failed.
    """

    def __init__(self, address: BrokerAddress, outage_s: float) -> None:
        self.address, self._outage_s = address, outage_s
        self._producer: KafkaProducer | None = self._connect()

    def send(self, topic: str, key: bytes | None, value: bytes, headers: Headers = ()) -> Sent:
        """Queue one message.

        Raises
        ------
        BrokerAway
            When the broker does not answer for ``outage_s``, or does not know the topic.
        BadRequest
            When the message is over :data:`MAX_MESSAGE_BYTES`.
        """
        try:
            if self._producer is None:
                self._producer = self._connect()
            return Sent(topic, self._producer.send(topic, value=value, key=key, headers=list(headers)))
        except MessageSizeTooLargeError as error:
            raise BadRequest(f"topic {topic}: a message of {len(value)} bytes is over the limit of {MAX_MESSAGE_BYTES}") from error
        except KafkaError as error:
            self._renew()
            raise self._failed(topic, error) from error

    def flush_checked(self, sends: Iterable[Sent]) -> None:
        """Wait until the broker has confirmed each of the sends.

        Raises
        ------
        BrokerAway
            With the topic of the first send that failed. It may have arrived all the same: send it again, receivers drop repeats.
        """
        for sent in sends:
            try:
                sent.future.get(timeout=self._outage_s + 60)
            except KafkaError as error:
                self._renew()
                raise self._failed(sent.topic, error) from error

    def close(self) -> None:
        """Close it; unsent messages are given five seconds."""
        if self._producer is not None:
            self._producer.close(timeout=5)
            self._producer = None

    def __enter__(self) -> Producer:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self.close()

    def _connect(self) -> KafkaProducer:
        outage_ms = int(self._outage_s * 1000)
        request_ms = min(30_000, outage_ms)
        embedded = self.address.embedded
        try:
            return KafkaProducer(
                **self.address.client_options(),
                acks="all",
                enable_idempotence=not embedded,  # not dependable on the embedded broker
                max_in_flight_requests_per_connection=1 if embedded else 5,  # what keeps the order where idempotence cannot
                delivery_timeout_ms=outage_ms + request_ms,
                request_timeout_ms=request_ms,
                max_block_ms=outage_ms,
                max_request_size=MAX_MESSAGE_BYTES,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
        except KafkaError as error:
            raise self.address.away(error) from error

    def _renew(self) -> None:
        # An idempotent producer does not recover from every failure; the next send starts with a new one.
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout=0)

    def _failed(self, topic: str, error: Exception) -> BrokerAway:
        return BrokerAway(f"topic {topic}: not delivered: {self.address.away(error)}")
