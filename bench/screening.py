"""Recall at a fixed number of false alerts, beside rapidfuzz on the same queries in the same run; speed on one core.

python bench/screening.py ../shared/data [--million | --csl | --page]

``--page`` prints docs/screening.md, from the lists of the US government alone: the other rows may not be handed on.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from rapidfuzz import fuzz, process
from rapidfuzz.distance import JaroWinkler

from supplywatch.model.name_match import MATCHER_VERSION, REVIEW, STRONG, WEAK, Name, Party
from supplywatch.screening.index import Index
from supplywatch.screening.matcher import Matcher
from supplywatch.screening.tables import read_lists

FALSE_PER_1000 = 10
Row = tuple[str, str, str, str, frozenset[str]]
Answers = dict[str, list[tuple[str, float]]]


def queries(data: Path, file: str = "queries_dev.tsv.gz") -> list[Row]:
    """Return the development queries: id, text, group, subgroup, expected ids."""
    with gzip.open(data / "screening" / file, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return [(row[0], row[1], row[2], row[3], frozenset(row[4].split(","))) for row in rows]


def half(query_id: str) -> str:
    """Return which half a query belongs to, by a hash of its id."""
    return "untouched" if int(hashlib.sha256(query_id.encode()).hexdigest(), 16) % 2 else "tuning"


def recalls(rows: Iterable[Row], answers: Answers, per_1000: int = FALSE_PER_1000) -> dict[str, float]:
    """Return the recall of each group and subgroup at the threshold that this many of 1,000 unlisted names pass."""
    chosen = list(rows)
    unlisted = sorted((max((s for _, s in answers[row[0]]), default=0.0) for row in chosen if row[2] == "neg"), reverse=True)
    threshold = unlisted[len(unlisted) * per_1000 // 1000]
    hits: dict[str, list[bool]] = defaultdict(list)
    for query_id, _, group, subgroup, expected in chosen:
        if group != "neg":
            hit = any(entity in expected and score > threshold for entity, score in answers[query_id])
            hits[group].append(hit)
            hits[f"{group}/{subgroup}"].append(hit)
    return {"threshold": threshold} | {name: round(sum(found) / len(found), 3) for name, found in sorted(hits.items())}


def answers_of(matcher: Matcher, rows: Iterable[Row]) -> tuple[Answers, list[float]]:
    """Return the answers to all queries and the processor seconds of each."""
    found: Answers = {}
    seconds = []
    for row in rows:
        start = time.process_time()
        matches = matcher.screen(Party(row[0], (Name(row[1]),)), min_score=0.4)
        seconds.append(time.process_time() - start)
        found[row[0]] = [(match.party_id, match.score) for match in matches]
    return found, sorted(seconds)


def baseline(parties: list[Party], rows: Iterable[Row], scorer: Callable[..., float]) -> Answers:
    """Return the best ten by a rapidfuzz scorer on lower-case names."""
    names = [(name.text.casefold(), party.id) for party in parties for name in party.names]
    texts = [text for text, _ in names]
    found: Answers = {}
    for row in rows:
        best = process.extract(row[1].casefold(), texts, scorer=scorer, limit=10)
        found[row[0]] = [(names[at][1], score) for _, score, at in best]
    return found


def rates(seconds: list[float]) -> dict[str, float]:
    """Return the figures of a sorted list of times."""
    last = len(seconds) - 1
    p50, p99 = seconds[last // 2] * 1000, seconds[int(last * 0.99)] * 1000
    return {"per_second": round(len(seconds) / sum(seconds)), "p50_ms": round(p50, 2), "p99_ms": round(p99, 2)}


def consolidated(data: Path) -> list[Party]:
    """Return the parties of the whole Consolidated Screening List with all their names."""
    kinds = {"Individual": "person", "Vessel": "vessel", "Aircraft": "aircraft", "Entity": "organisation"}
    with gzip.open(data / "sanctions" / "csl" / "seelpeed_csl_compact_20260731.json.gz", "rt", encoding="utf-8") as file:
        entries = json.load(file)["entries"]
    return [
        Party(
            str(at),
            tuple(Name(text) for text in dict.fromkeys((entry["n"], *entry.get("a", ())))),
            kind=kinds.get(entry.get("t"), "unknown"),
        )
        for at, entry in enumerate(entries)
    ]


def whole_list(data: Path, rows: list[Row]) -> dict[str, object]:
    """Return the figures of one name against the whole Consolidated Screening List."""
    parties = consolidated(data)
    start = time.process_time()
    matcher = Matcher(Index.build(parties))
    built = time.process_time() - start
    seconds = answers_of(matcher, rows)[1]
    return {"parties": len(parties), "names": sum(len(party.names) for party in parties), "build_s": round(built, 1)} | rates(seconds)


def told(rows: list[Row], answers: Answers, names: dict[str, str]) -> list[str]:
    """Return the ordinary names that would be told, as lines of a table."""
    best = [(max(answers[row[0]], key=lambda one: one[1]), row[1]) for row in rows if row[2] == "neg" and answers[row[0]]]
    best.sort(key=lambda one: -one[0][1])
    return [f"| {text} | {names[party]} | {score:.2f} |" for (party, score), text in best if score >= REVIEW]


def missed(rows: list[Row], answers: Answers, names: dict[str, str]) -> list[str]:
    """Return for each kind of query how many are not told, and the first three, as lines of a table."""
    kinds: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row[2] != "neg":
            kinds[f"{row[2]}/{row[3]}"].append(row)
    lines = []
    for kind, asked in sorted(kinds.items()):
        scores = {row[0]: max((score for party, score in answers[row[0]] if party in row[4]), default=0.0) for row in asked}
        lost = [row for row in asked if scores[row[0]] < REVIEW]
        share = f"{len(lost)} of {len(asked)}"
        lines += [f"| {kind}, {share} | {row[1]} | {names.get(min(row[4]), '?')} | {scores[row[0]]:.2f} |" for row in lost[:3]]
    return lines


def page(data: Path) -> str:
    """Return docs/screening.md: false alerts of the shipped thresholds, and the cases that fail."""
    parties, rows = list(read_lists(data / "screening" / "usgov_lists_eval.tsv.gz")), queries(data, "usgov_queries_dev.tsv.gz")
    answers = answers_of(Matcher(Index.build(parties)), rows)[0]
    names = {party.id: party.names[0].text for party in parties}
    ordinary: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row[2] == "neg":
            ordinary[row[3]].append(max((score for _, score in answers[row[0]]), default=0.0))
    ordinary["all"] = [score for scores in list(ordinary.values()) for score in scores]
    rates = [
        "| "
        + " | ".join([kind, str(len(scores)), *(f"{1000 * sum(s >= t for s in scores) / len(scores):.1f}" for t in (STRONG, REVIEW, WEAK))])
        + " |"
        for kind, scores in sorted(ordinary.items())
    ]
    head = PAGE.format(
        version=MATCHER_VERSION, parties=len(parties), names=sum(len(party.names) for party in parties), strong=STRONG, review=REVIEW
    )
    parts = [head, *rates, TOLD, *told(rows, answers, names), MISSED.format(review=REVIEW), *missed(rows, answers, names)]
    return "\n".join(parts) + "\n"


PAGE = """<!-- written by bench/screening.py --page; do not edit -->
# Screening: what it raises wrongly, what it misses

Matcher {version} on the lists of the US government in the development set ({parties} parties, {names} names).
Scores of {strong} or more are strong, of {review} or more for review: these make alerts. Weak ones are stored and counted.

## Ordinary companies, of 1,000, that reach a tier

None of them is on a list, as far as the makers of the set know; names as they are, no country given. `neg_gleif`: legal names of the world,
`neg_listed_asia`: companies on Asian exchanges, `neg_en_cn`, `neg_zh`: names built from Chinese brands, in English and in Chinese.

| kind | names | strong | review or more | weak or more |
| --- | --- | --- | --- | --- |"""
TOLD = """
## Ordinary names that make an alert

Some of them are the listed party after all: the set took its ordinary names from directories without comparing every one with the lists.

| asked | listed | score |
| --- | --- | --- |"""
MISSED = """
## Listed parties that are missed

Asked names whose party scores under {review}: how many of each kind, the first three.

| kind | asked | listed | score |
| --- | --- | --- | --- |"""


def million(data: Path, entries: list[Party]) -> dict[str, object]:
    """Return the figures of 1,000,000 counterparties: build, open, add, 150 entries."""
    with gzip.open(data / "screening" / "watchlist_1m.tsv.gz", "rt", encoding="utf-8") as lines, tempfile.TemporaryDirectory() as folder:
        rows = (line.rstrip("\n").split("\t") for line in lines)
        start = time.process_time()
        Index.build((Party(row[0], (Name(row[3]),), row[2]) for row in rows), path=Path(folder) / "index")
        built = time.process_time() - start
        start = time.process_time()
        matcher = Matcher(Index.open(Path(folder) / "index"), indexed="counterparties")
        opened = time.process_time() - start
        start = time.process_time()
        matcher.index.add(Party("new", (Name("Quite New Trading Co., Ltd."),)))
        added = time.process_time() - start
        seconds = []
        for entry in entries:
            start = time.process_time()
            matcher.screen(entry, min_score=0.75)
            seconds.append(time.process_time() - start)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        figures = {
            "build_from_names_s": built,
            "open_s": opened,
            "add_ms": added * 1000,
            "all_entries_s": sum(seconds),
            "peak_rss_gb": peak,
        }
        return {key: round(value, 3) for key, value in figures.items()} | {"entries": len(entries)} | rates(sorted(seconds))


def main() -> None:
    """Measure and print one JSON object."""
    data = Path(sys.argv[1])
    parties, rows = list(read_lists(data / "screening" / "lists_eval.tsv.gz")), queries(data)
    if "--million" in sys.argv:
        print(json.dumps(million(data, [party for party in parties if party.kind == "organisation"][::88][:150]), indent=1))
        return
    if "--csl" in sys.argv:
        print(json.dumps(whole_list(data, rows), indent=1))
        return
    if "--page" in sys.argv:
        print(page(data), end="")
        return
    answers, seconds = answers_of(Matcher(Index.build(parties)), rows)
    figures: dict[str, object] = {part: recalls((row for row in rows if half(row[0]) == part), answers) for part in ("tuning", "untouched")}
    unlisted = [max((score for _, score in answers[row[0]]), default=0.0) for row in rows if row[2] == "neg"]
    figures["false alerts per 1,000"] = {
        tier: round(1000 * sum(s >= tier for s in unlisted) / len(unlisted), 2) for tier in (STRONG, REVIEW, WEAK)
    }
    figures["one name x list, processor time"] = rates(seconds)
    sample = rows[::8]
    for name, scorer in (("Jaro-Winkler", JaroWinkler.similarity), ("token_sort_ratio", fuzz.token_sort_ratio), ("WRatio", fuzz.WRatio)):
        found = recalls(sample, baseline(parties, sample, scorer))
        figures[f"{name}, every 8th query"] = {key: value for key, value in found.items() if "/" not in key}
    ours = recalls(sample, answers)
    figures["this matcher, every 8th query"] = {key: value for key, value in ours.items() if "/" not in key}
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
