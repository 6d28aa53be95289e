#!/usr/bin/env bash
# Prints the statements that make the tables, views and functions of bigquery.sql in a dataset: of a table that has no part
# yet, whose list is empty, those of bigquery_empty.sql. Run what it prints again when a table has got its first part or
# kycsync a new column; until then the lists alone change. Not run against the real service.
#
#   export KYCSYNC_LAKE=gs://acme-kyc/lake
#   bigquery.sh acme.kyc | bq query --use_legacy_sql=false
set -euo pipefail
(($# == 1)) && [[ $1 =~ ^[A-Za-z0-9_.-]+$ ]] || { sed -n '2,/^set/{/^#/p;}' "$0" >&2; exit 2; }
dataset=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
current=$("${KYCSYNC:-kycsync}" publish --json)
list=$(sed -n 's|^      "list": "\(.*\)/published/[0-9]*/[a-z_]*\.txt",$|\1|p' <<<"$current" | head -n 1)
[[ $list == gs://* ]] || { echo "the lake is at $list, and BigQuery reads gs:// alone" >&2; exit 2; }
empty=" $(awk -F'"' '/^    "[a-z_]+": \{/ {name = $2} /^      "parts": 0,/ {print name}' <<<"$current" | tr '\n' ' ') "

# pick prints the sections of a file, "-- table NAME" or "-- views" and what follows, whose table has parts (1) or none (0).
pick() { # FILE WITH_PARTS
	awk -v empty="$empty" -v with="$2" '
		/^-- table / {show = (index(empty, " " $3 " ") == 0) == with}
		/^-- views/ {show = with}
		show' "$1"
}
# An empty stand-in gives way to the external table.
stand_ins() { awk -v empty="$empty" '/^-- table / && index(empty, " " $3 " ") == 0 {print "EXECUTE IMMEDIATE IF(EXISTS(SELECT 1 FROM DATASET.INFORMATION_SCHEMA.TABLES WHERE table_name = \"" $3 "_versions\" AND table_type = \"BASE TABLE\"), \"DROP TABLE DATASET." $3 "_versions\", \"SELECT 1\");"}' "$1"; }

{ stand_ins "$here/bigquery.sql"; pick "$here/bigquery_empty.sql" 0; pick "$here/bigquery.sql" 1; } | sed -e "s|LAKE_URI|$list|g" -e "s|DATASET|$dataset|g"
