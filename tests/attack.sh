#!/bin/sh
# Runs tests/tools/attack.py, and sees that what it needs is here; installs it where it may.
set -eu
. "$(dirname "$0")/install.sh"
missing=""
for it in sqlmap wapiti testssl openssl; do command -v "$it" >/dev/null 2>&1 || missing="$missing $it"; done
missing=$(echo "$missing" | sed 's/testssl/testssl.sh/')
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086
  install $missing
fi
# Debian's python, for which these tools are.
exec /usr/bin/python3 "$(dirname "$0")/tools/attack.py" "$@"
