#!/bin/sh
# SW names the supplywatch command. No query is an alert.
SW=${SW:-supplywatch}
cd "$(dirname "$0")" || exit 2
$SW screen name --lists lists.tsv --from queries.tsv --min-score 0 --limit 200 --ndjson 2>/dev/null > found.ndjson || exit 2
python3 - <<'END'
import json
import sys

bad = 0
for line in open("found.ndjson", encoding="utf-8"):
    said = json.loads(line)
    best = {match["entity_id"]: match["score"] for match in said["matches"]}
    own = best.get(said["query_id"], 0)
    good = max(best.values(), default=0) < 0.82
    print("ok " if good else "BAD", said["query_id"], said["query"], own)
    bad += not good
sys.exit(bool(bad))
END
