#!/bin/sh
# One odd spelling of a ship's flag keeps no list out: the entry is read, the flag stands as raw text and is counted.
cd "$(dirname "$0")" || exit 2
said=$($SW pull ofac_sdn --dry-run --ndjson --from sdn.csv+add.csv+alt.csv@2021-07-07T12:00Z 2>&1); code=$?
echo "$said" | cut -c1-200
[ $code = 0 ] && [ "$(echo "$said" | grep -c '"entry"')" = 12 ]
