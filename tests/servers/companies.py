"""A list and a watch-list (both synthetic) that have companies in common."""

import csv
import random
from pathlib import Path

from connectors.lists import csl
from tests.servers.process import ROOT

LISTED, PLANTED, OTHERS = 80, 12, 30
HEADER = (ROOT / "tests" / "fixtures" / "csl" / "good.csv").read_text(encoding="utf-8").splitlines()[0].split(",")


def files(folder: Path) -> tuple[str, str]:
    """Write a list and a watch-list (both synthetic) that have companies in common."""
    names = coined()
    with (folder / "csl.csv").open("w", encoding="utf-8", newline="") as out:
        rows = csv.DictWriter(out, HEADER)
        rows.writeheader()
        for number, name in enumerate(names[:LISTED]):
            where = {"source": f"Synthetic List ({csl.LISTS[number % len(csl.LISTS)]})", "addresses": "2 Example Quay, CN"}
            rows.writerow({"_id": f"f{number}", "name": f"{name} Ceramics Co., Ltd.", "start_date": "2026-10-05"} | where)
    own = [f"W-{number},{name} Ceramics Co. Ltd,CN" for number, name in enumerate(names[:PLANTED])]
    own += [f"X-{number},{name} Bakery,FR" for number, name in enumerate(names[LISTED:])]
    (folder / "own.csv").write_text("\n".join(["reference,name,country", *own]), encoding="utf-8")
    return f"{folder / 'csl.csv'}@2026-11-01T08:00Z", str(folder / "own.csv")


def coined() -> list[str]:
    """Return names of two coined words each, no two of which share one."""
    chance = random.Random(25)
    syllables = [a + b for a in "bdfgjklmnprstvz" for b in ("a", "e", "i", "o", "u", "ai", "ou")]
    words = chance.sample([a + b + c for a in syllables for b in syllables for c in syllables], 2 * (LISTED + OTHERS))
    return [f"{one} {other}".title() for one, other in zip(words[::2], words[1::2], strict=True)]
