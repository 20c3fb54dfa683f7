#!/bin/sh
# Sees that Chromium, its driver, Chinese letters and dates, PostgreSQL's programs, an authority that speaks ACME, strace,
# an S3 server, public tus clients, what checks XForms, and a voice that a recogniser hears are here; installs them where it may.
# Without them the journeys say that they did not run, and fail when CI is set.
set -eu
. "$(dirname "$0")/install.sh"
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v chromedriver >/dev/null 2>&1 || missing="$missing chromium-driver"
[ -n "$(find /usr/share/fonts -iname '*cjk*' -print -quit 2>/dev/null)" ] || missing="$missing fonts-noto-cjk"
[ -n "$(find /usr/lib/postgresql -name initdb -print -quit 2>/dev/null)" ] || missing="$missing postgresql"
# Debian keeps Chromium's languages in a package of their own: without it date fields are American.
if [ -d /usr/lib/chromium ] || ! command -v chromium >/dev/null 2>&1; then
  [ -e /usr/lib/chromium/locales/zh-CN.pak ] || missing="$missing chromium-l10n"
fi
command -v pebble >/dev/null 2>&1 || missing="$missing pebble"
command -v strace >/dev/null 2>&1 || missing="$missing strace"
# An S3 server and two public tus clients; see tests/tools.
[ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
command -v node >/dev/null 2>&1 || missing="$missing nodejs"
command -v npm >/dev/null 2>&1 || missing="$missing npm"
# What is spoken to a recogniser; see tests/tools/speech.py.
command -v espeak-ng >/dev/null 2>&1 || missing="$missing espeak-ng"
# ODK Validate runs on it, which is in the Python package pyxform, and so does the engine of ODK Collect within, by tests/tools/collect.java.
command -v javac >/dev/null 2>&1 || missing="$missing default-jdk-headless"
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086
  install $missing || if [ -z "${CI:-}" ]; then exit 0; else exit 1; fi
fi

# What they are made of is pinned; each list is copied beside what was installed by it, when that is whole.
here=$(dirname "$0")/tools
tools=$(dirname "$0")/../target/tools
if ! cmp -s "$here/requirements.txt" "$tools/python/requirements.txt"; then
  rm -rf "$tools/python"
  mkdir -p "$tools"
  /usr/bin/python3 -m venv "$tools/python"
  "$tools/python/bin/pip" install -q --disable-pip-version-check --no-deps -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$tools/python/"
fi
if ! cmp -s "$here/package-lock.json" "$tools/node/installed.json"; then
  rm -rf "$tools/node"
  mkdir -p "$tools/node"
  cp "$here/package.json" "$here/package-lock.json" "$tools/node/"
  npm ci --silent --no-audit --no-fund --ignore-scripts --prefix "$tools/node"
  cp "$here/package-lock.json" "$tools/node/installed.json"
fi
