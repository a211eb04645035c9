#!/bin/sh
# Two separate entries of one list that share an alias: two designations, two alerts, each under its own name.
cd "$(dirname "$0")" || exit 2
T=$(mktemp -d); trap 'rm -rf "$T"' EXIT; L=sqlite:///$T/l.db
told=$($SW backtest --source csl --ledger "$L" --from v1.csv@2025-03-20T12:00Z v2.csv@2025-03-29T12:00Z 2>/dev/null); echo "$told"
changes=$($SW lists changes --since 2025-03-28 --ledger "$L" 2>&1); echo "$changes"
n=$(echo "$told" | grep -c 'OPENED .*list_entry')
echo "$told" | grep -q 'China Aeronautical Radio Electronics Research Institute' && echo "$told" | grep -q 'Shanghai Aviation Electronic' || exit 1
[ "$n" = 2 ] && ! echo "$changes" | grep -q duplicate
