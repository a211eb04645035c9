#!/bin/sh
# SW names the supplywatch command. Exit code 0: as EXPECT.md says; 1: the fault is there.
SW=${SW:-supplywatch}
cd "$(dirname "$0")" || exit 2
command -v "$SW" >/dev/null || { echo "$SW: not found; name it in SW"; exit 2; }
$SW backtest --source federal_register --from fr.json --ndjson 2>/dev/null | python3 -c '
import json, sys

told = {}
for line in sys.stdin:
    event = json.loads(line)
    if event["rule"] == "list_announcement":
        told[event["subject"]["id"].rpartition("/")[2]] = event
wanted = {
    "2024-10485": (37, "Announced: 37 additions, China"),
    "2023-13196": (1, "Announced: 1 addition"),
    "2022-27151": (36, "Announced: 36 additions, China, Japan"),
    "2022-27149": (9, "Announced: 9 additions (moved from UVL), Russia"),
}
wrong = 0
for number, (added, headline) in wanted.items():
    event = told.get(number)
    seen = event and event["measures"]["added"]
    if event is None or type(seen) is not int or seen != added or not event["headline"]["en"].startswith(headline):
        wrong += 1
        print(number, "expected", added, headline, "got", event and (seen, event["headline"]))
sys.exit(1 if wrong else 0)
'
