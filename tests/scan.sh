#!/bin/sh
# Runs tests/tools/scan.py, and sees that what it needs is here; the list is copied beside what was installed by it.
set -eu
here=$(dirname "$0")/tools
tools=$(dirname "$0")/../target/tools/scan
if ! cmp -s "$here/scan.txt" "$tools/scan.txt"; then
  rm -rf "$tools"
  mkdir -p "$tools"
  /usr/bin/python3 -m venv "$tools"
  "$tools/bin/pip" install -q --disable-pip-version-check --no-deps -r "$here/scan.txt"
  cp "$here/scan.txt" "$tools/"
fi
exec "$tools/bin/python" "$here/scan.py" "$@"
