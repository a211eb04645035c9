"""Passwords and keys stay with those who need them."""

import json
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from streams.broker_process import BrokerProcess, free_port
from streams.supervisor import PUBLISHERS_KEYS, settings_environment, tree
from supplywatch import registry, secrecy
from supplywatch.errors import BadSetting, Quarantine, SourceAway
from supplywatch.ledger.book import Ledger
from supplywatch.runtime.broker import BrokerAddress
from supplywatch.runtime.health import Health
from supplywatch.runtime.output import say, visible, visible_event
from supplywatch.secrecy import learn
from supplywatch.settings import Settings, load_settings

CANARY = "canary-51c0ffee"


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test lets the process learn is no secret to the next."""
    monkeypatch.setattr(secrecy, "_known", {})
    monkeypatch.setattr(secrecy, "_patterns", [])


TELLS = """
import os, socket, sys, time
print(sorted(os.environ), list(os.environ.values()), flush=True)
with socket.create_server(("127.0.0.1", int(sys.argv[1]))): time.sleep(60)
"""


class Telling(BrokerProcess):
    """A broker that writes its environment to its log."""

    title, attempts, start_s, stop_s = "the telling broker", 1, 20.0, 5.0

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"kafka://127.0.0.1:{self.port}"

    def prepare(self, _attempt: int) -> None:
        """Take a port."""
        self.port = free_port()

    def command(self) -> tuple[Sequence[str], Mapping[str, str]]:
        """Return a program that tells."""
        return [sys.executable, "-c", TELLS, str(self.port)], {"OWN": "1"}


@pytest.mark.loopback
def test_a_broker_gets_no_secret_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SUPPLYWATCH_LETTER_KEY", "SUPPLYWATCH_CENSUS_KEY", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"):
        monkeypatch.setenv(name, CANARY)
    broker = Telling(tmp_path / "broker.log", 0)
    broker.start()
    broker.stop()
    told = (tmp_path / "broker.log").read_text(encoding="utf-8")
    assert "'PATH'" in told
    assert "'OWN'" in told
    assert CANARY not in told
    assert "SUPPLYWATCH_" not in told


def test_keys_are_not_shown_and_reach_our_own_processes() -> None:
    settings = Settings.model_validate({"letter_key": CANARY, "census_key": CANARY, "comtrade_key": ""})
    assert CANARY not in repr(settings) + settings.model_dump_json()
    assert settings.secret("census_key") == CANARY
    assert settings.secret("comtrade_key") is None
    assert settings.secret("data_dir") is None
    given = settings_environment(settings)
    assert given["SUPPLYWATCH_LETTER_KEY"] == given["SUPPLYWATCH_CENSUS_KEY"] == CANARY


def test_keys_of_publishers_reach_the_process_that_asks_them_alone() -> None:
    named = {source.card.secret_setting for source in registry.sources().values()} - {None}
    assert {f"SUPPLYWATCH_{name}".upper() for name in named} == PUBLISHERS_KEYS
    assert [spec.name for spec in tree(2, ["x"]) if spec.asks_publishers] == ["connect"]


FORMS = ["key/with space", "p@ss:word", "geheim=ü&x", 'quo"te\\d']


@pytest.mark.parametrize("secret", FORMS)
def test_what_was_learnt_is_in_no_text_that_leaves(secret: str, capsys: pytest.CaptureFixture[str]) -> None:
    learn([secret, "short", None])
    echoed = f"401: bad key {secret} in /x?key={quote(secret, safe='')}&b={quote_plus(secret)} {json.dumps({'key': secret})} short"
    health = Health("connect", ["source"])
    health.set("source", echoed)
    say(echoed)
    log_line = visible_event(None, "warning", {"detail": echoed, "more": [echoed], "error": ValueError(echoed)})
    for text in (
        str(SourceAway(echoed)),
        str(Quarantine("error_body", echoed)),
        str(health.problems()),
        capsys.readouterr().out,
        str(log_line),
    ):
        assert secret not in text
        assert quote(secret, safe="") not in text
        assert "***" in text
        assert "short" in text, "what is found inside plain words is not masked"


def test_passwords_of_addresses_are_learnt() -> None:
    BrokerAddress.parse(f"kafka://me:{CANARY}-broker@host:9092")
    Ledger(f"postgresql+psycopg://me:{CANARY}-ledger@127.0.0.1:1/x?sslpassword={CANARY}-ssl").close()
    assert visible(f"{CANARY}-broker {CANARY}-ledger {CANARY}-ssl") == "*** *** ***"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BROKER", f"kafak://me:{CANARY}/x@host:9092"),
        ("LEDGER", f"postgres://me:{CANARY}@host/db"),
        ("LEDGER", f"mysql://me:{CANARY}@host/db"),
    ],
)
def test_an_address_that_is_refused_is_not_repeated(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"SUPPLYWATCH_{name}", value)
    load_settings.cache_clear()
    try:
        with pytest.raises(BadSetting, match=f"SUPPLYWATCH_{name}: must") as caught:
            load_settings()
    finally:
        load_settings.cache_clear()
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert os.environ[f"SUPPLYWATCH_{name}"] == value
