#!/bin/sh
# Runs tests/tools/attack.py, and sees that what it needs is here; installs it where it may.
set -eu
missing=""
for it in sqlmap wapiti testssl openssl; do command -v "$it" >/dev/null 2>&1 || missing="$missing $it"; done
missing=$(echo "$missing" | sed 's/testssl/testssl.sh/')
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  else
    echo "This needs: sudo apt-get install$missing"
    exit 1
  fi
fi
# Debian's python, for which these tools are.
exec /usr/bin/python3 "$(dirname "$0")/tools/attack.py" "$@"
