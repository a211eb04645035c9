"""Addresses of brokers: what they may say, and what a wrong one is answered."""

import ssl

import pytest

from supplywatch.errors import BadSetting
from supplywatch.runtime.broker import BrokerAddress


def test_a_plain_address() -> None:
    address = BrokerAddress.parse("kafka://one:9092,two:9093")
    assert address.servers == ("one:9092", "two:9093")
    assert not address.embedded
    options = address.client_options()
    assert options["bootstrap_servers"] == ["one:9092", "two:9093"]
    assert options["security_protocol"] == "PLAINTEXT"
    assert "sasl_mechanism" not in options


def test_credentials_and_encryption() -> None:
    address = BrokerAddress.parse("kafka://me:p%40ss@host:9093?security=sasl_ssl&mechanism=SCRAM-SHA-256")
    options = address.client_options()
    assert options["security_protocol"] == "SASL_SSL"
    assert options["sasl_mechanism"] == "SCRAM-SHA-256"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("me", "p@ss")
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED


def test_a_missing_certificate_file_is_one_sentence() -> None:
    address = BrokerAddress.parse("kafka://host:9093?security=ssl&cafile=/nowhere.pem")
    with pytest.raises(BadSetting, match=r"cafile='/nowhere\.pem' cannot be used"):
        address.client_options()


def test_the_password_is_not_shown() -> None:
    address = BrokerAddress.parse("kafka://me:secret@host:9093")
    assert "secret" not in repr(address)
    assert "secret" not in str(address.away(OSError("refused")))
    with pytest.raises(BadSetting) as caught:
        BrokerAddress.parse("kafka://me:secret@host")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://host:1", "expected kafka://host:port"),
        ("kafka://", "expected kafka://host:port"),
        ("kafka://host", "'host' is no broker"),
        ("kafka://host:0", "'host:0' is no broker"),
        ("kafka://host:1,other", "is no broker"),
        ("kafka://host:1?acks=0", "unknown option 'acks'"),
        ("kafka://host:1?security=none", "security='none'"),
    ],
)
def test_a_wrong_address_is_one_sentence(url: str, says: str) -> None:
    with pytest.raises(BadSetting, match="SUPPLYWATCH_BROKER") as caught:
        BrokerAddress.parse(url)
    assert says in str(caught.value)


def test_a_user_means_encryption_unless_somebody_says_otherwise() -> None:
    assert BrokerAddress.parse("kafka://ann:secret@one:9092").security == "sasl_ssl"
    assert BrokerAddress.parse("kafka://ann:secret@one:9092?security=sasl_plaintext").security == "sasl_plaintext"


@pytest.mark.parametrize("password", ["pa/ss0rd", "pa?ss0rd", "pa#ss0rd", "/ss0rd"])
def test_a_password_that_breaks_the_address_is_not_printed(password: str) -> None:
    with pytest.raises(BadSetting) as refused:
        BrokerAddress.parse(f"kafka://ann:{password}@one:9092")
    assert "is no broker" in str(refused.value)
    assert "%2F" in str(refused.value)
    assert not {"pa", "ss0rd", "ann"} & set(str(refused.value).replace(":", " ").split())
