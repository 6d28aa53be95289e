#!/usr/bin/env bash
# Asks an engine for the rows of every table and the sums of their version_seq, and compares them with the published commit
# and with the warehouse. Prints what differs and ends with 1, or OK and 0. Run it once against your engine, right after
# kycsync publish and with a warehouse of the same commit; it reads no other column and changes nothing.
#
#   export KYCSYNC_LAKE=gs://acme-kyc/lake KYCSYNC_WAREHOUSE=./kyc.duckdb
#   smoke.sh bq query --use_legacy_sql=false --format=csv --max_rows=1000 --dataset_id=acme:kyc
#   smoke.sh trino --catalog lake --schema kyc --output-format CSV_UNQUOTED
#   smoke.sh spark-sql --conf ... -i spark.sql -f /dev/stdin
#
# The command reads SQL from stdin and prints a row a line: name, rows, sum, with commas or tabs between. KYCSYNC names the
# program, kycsync by default.
set -euo pipefail
(($#)) || { sed -n '2,/^set/{/^#/p;}' "$0" >&2; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kycsync=${KYCSYNC:-kycsync}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Header, quotes and spaces gone, no value is nothing, in one order.
rows() { tr '\t' ',' | tr -d '" \r' | sed -e 's/,NULL$/,/' | grep -E '^[a-z_]+,[0-9]+,[0-9]*$' | LC_ALL=C sort; }

"$kycsync" publish --json >"$work/current.json"
seq=$(sed -n 's/^  "seq": \([0-9]*\),$/\1/p' "$work/current.json")
shows=$("$kycsync" query --format csv 'SELECT max(seq) FROM _commits' | tail -n 1 | tr -d '\r')
[[ $seq == "$shows" ]] || { echo "the publication is of commit $seq and the warehouse of commit $shows: run kycsync rebuild" >&2; exit 2; }

"$kycsync" query --format csv "$(grep -v '^--' "$here/smoke.sql")" | rows >"$work/warehouse"
"$@" <"$here/smoke.sql" | rows >"$work/engine" || true # nothing at all is a difference
if ! diff "$work/warehouse" "$work/engine" >"$work/diff"; then
	echo "commit $seq: the warehouse (<) and the engine (>) differ: name,rows,sum of version_seq"
	cat "$work/diff"
	exit 1
fi

# The commit's own counts: table, rows.
awk -F'"' '/^    "[a-z_]+": \{/ {name = $2} /^      "rows":/ {n = $3; gsub(/[^0-9]/, "", n); print name "_versions," n}' "$work/current.json" |
	LC_ALL=C sort >"$work/commit"
cut -d, -f1,2 "$work/engine" | grep '_versions,' | LC_ALL=C sort >"$work/counts"
if [[ ! -s $work/counts || -n $(LC_ALL=C comm -13 "$work/commit" "$work/counts") ]]; then
	echo "commit $seq has other counts than the engine"
	exit 1
fi
echo "OK: commit $seq, $(wc -l <"$work/engine") tables and views as in the warehouse, counts as in the commit"
