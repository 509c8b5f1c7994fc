#!/bin/sh
# deploy/restore.sh FILE [--force] [--send-again]: a backup into an empty database, migrated and
# looked at. Stop every web server and worker first; start them afterwards and run `voronka doctor`.
set -eu
file=${1:?"say which: deploy/restore.sh FILE [--force] [--send-again]"}
here=$(cd "$(dirname "$0")/.." && pwd)
voronka=$(command -v voronka || echo "$here/.venv/bin/voronka")
"$voronka" restore "$@"
# No worker runs yet, so the doctor finds that at least; all else should be well.
"$voronka" doctor || true
echo "restored from $file: start the servers and the workers, then run \`voronka doctor\` again" >&2
