"""Apache Kafka put in place from a registry on loopback that has what it should, lacks it, breaks off, or has something else."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from streams.apache import jars
from streams.apache.jars import Jar
from supplywatch.errors import BadSetting, Refuse, Retry
from supplywatch.settings import Settings
from tests.faults.server import Answer, publisher, send
from tests.servers.fixtures import lacking
from tests.servers.process import Unavailable, free_port
from tests.servers.small_disk import small_disk

pytestmark = pytest.mark.loopback

BODIES = {f"org/apache/kafka/kafka_2.13/9.8.7/{name}.jar": name.encode() * 40_000 for name in ("core", "tools", "zstd", "jackson")}
LISTED = tuple(Jar(hashlib.sha256(body).hexdigest(), len(body), path) for path, body in BODIES.items())


@dataclass
class Registry:
    """A server on loopback, and what it answers, path by path; "not found" to all others."""

    url: str
    answers: dict[str, Answer]


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    monkeypatch.setattr(jars, "listed", lambda: LISTED)
    monkeypatch.setattr(jars, "version", lambda: "9.8.7")
    monkeypatch.setattr(jars, "PAUSE_S", 0.0)
    answers = {f"/m2/{path}": send(body) for path, body in BODIES.items()}
    with publisher() as server:
        server.answer = lambda handler: answers.get(handler.path, send(b"", 404))(handler)
        yield Registry(server.url, answers)


def test_what_is_listed_is_put_in_place_once(registry: Registry, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    total = sum(len(body) for body in BODIES.values())
    assert jars.install(tmp_path, f"{registry.url}/m2/", lambda done, of: told.append((done, of))) == 4
    assert told[-1] == (total, total)
    folder = jars.check(tmp_path)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {path.rpartition("/")[2]: body for path, body in BODIES.items()}
    assert jars.install(tmp_path, f"{registry.url}/m2") == 0


def test_one_that_was_changed_is_refused_at_start_and_fetched_again(registry: Registry, tmp_path: Path) -> None:
    jars.install(tmp_path, f"{registry.url}/m2")
    changed = jars.folder_of(tmp_path) / "zstd.jar"
    changed.write_bytes(changed.read_bytes()[:-1] + b"X")
    with pytest.raises(BadSetting, match=r"9\.8\.7 is not whole \(zstd\.jar is missing or changed\).*'supplywatch broker install'"):
        jars.check(tmp_path)
    assert jars.install(tmp_path, f"{registry.url}/m2") == 1
    jars.check(tmp_path)


def test_another_file_than_listed_is_thrown_away(registry: Registry, tmp_path: Path) -> None:
    path, body = list(BODIES.items())[2]
    for other in (b"Z" + body[1:], b"<html>Sign in</html>", body * 2):
        registry.answers[f"/m2/{path}"] = send(other)
        with pytest.raises(Refuse, match=rf"{path}: its SHA-256 is [0-9a-f]{{64}}, {LISTED[2].sha256} is expected.*SUPPLYWATCH_MAVEN_URL"):
            jars.install(tmp_path, f"{registry.url}/m2")
        assert sorted(left.name for left in jars.folder_of(tmp_path).iterdir()) == ["core.jar", "tools.jar"]


def test_a_registry_without_the_file(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(Refuse, match=r"/elsewhere/org/.*core\.jar: the registry answers 404; set SUPPLYWATCH_MAVEN_URL"):
        jars.install(tmp_path, f"{registry.url}/elsewhere")


def test_a_registry_that_breaks_off_is_asked_again_and_the_next_run_goes_on(registry: Registry, tmp_path: Path) -> None:
    path, body = list(BODIES.items())[1]
    registry.answers[f"/m2/{path}"] = send(body[:1000], length=len(body))
    with pytest.raises(Retry, match=r"tools\.jar: the registry cannot be reached or broke off .*it goes on where it stopped"):
        jars.install(tmp_path, f"{registry.url}/m2")
    assert [left.name for left in jars.folder_of(tmp_path).iterdir()] == ["core.jar"]
    registry.answers[f"/m2/{path}"] = send(body)
    assert jars.install(tmp_path, f"{registry.url}/m2") == 3


def test_a_registry_out_of_order(registry: Registry, tmp_path: Path) -> None:
    path = next(iter(BODIES))
    registry.answers[f"/m2/{path}"] = send(b"", 503)
    with pytest.raises(Retry, match=r"answers 503; run 'supplywatch broker install' again later"):
        jars.install(tmp_path, f"{registry.url}/m2")


def test_nobody_there(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(Retry, match=r"cannot be reached.*HTTPS_PROXY"):
        jars.install(tmp_path, f"http://127.0.0.1:{free_port()}/m2")


def test_no_room(registry: Registry, tmp_path: Path) -> None:
    try:
        with small_disk(tmp_path / "small", 300) as disk:
            with pytest.raises(Retry, match=r"No space left on device\): make room"):
                jars.install(disk, f"{registry.url}/m2")
            assert not list(disk.rglob("*.jar"))
    except Unavailable as error:
        lacking(str(error))


def test_a_folder_that_cannot_be_made(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "kafka").write_text("a file")
    with pytest.raises(BadSetting, match=r"cannot be put into .*SUPPLYWATCH_DATA_DIR"):
        jars.install(tmp_path, f"{registry.url}/m2")


def test_the_list() -> None:
    found = jars.listed()
    assert (len(found), jars.version(), len({jar.name for jar in found})) == (93, "4.1.1", 93)
    assert all(len(jar.sha256) == 64 and jar.size_bytes > 0 and jar.path.endswith(".jar") for jar in found)


def test_the_registry_is_an_address() -> None:
    with pytest.raises(ValueError, match="maven_url"):
        Settings(maven_url="repo")
