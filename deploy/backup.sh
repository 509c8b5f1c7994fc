#!/bin/sh
# deploy/backup.sh DIRECTORY [KEEP]: a backup with the hour in its name; the newest KEEP (14) stay.
# The settings are the product's own (VORONKA_DATABASE_URL …); PostgreSQL's pg_dump is on the PATH.
set -eu
umask 077
directory=${1:?"say where: deploy/backup.sh DIRECTORY [KEEP]"}
keep=${2:-14}
here=$(cd "$(dirname "$0")/.." && pwd)
voronka=$(command -v voronka || echo "$here/.venv/bin/voronka")
mkdir -p "$directory"
"$voronka" backup "$directory/voronka-$(date -u +%Y%m%dT%H%M%SZ).backup"
ls -1 "$directory"/voronka-*.backup | sort -r | tail -n "+$((keep + 1))" | while read -r old; do
    rm -f -- "$old"
done
