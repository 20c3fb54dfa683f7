#!/bin/sh
# Sees that Chromium, its driver, Chinese letters and dates, and PostgreSQL's programs are here; installs them
# where it may.
# Without them the journeys say that they did not run, and fail when CI is set.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v chromedriver >/dev/null 2>&1 || missing="$missing chromium-driver"
[ -n "$(find /usr/share/fonts -iname '*cjk*' -print -quit 2>/dev/null)" ] || missing="$missing fonts-noto-cjk"
[ -n "$(find /usr/lib/postgresql -name initdb -print -quit 2>/dev/null)" ] || missing="$missing postgresql"
# Debian keeps Chromium's languages in a package of their own: without it date fields are American.
if [ -d /usr/lib/chromium ] || ! command -v chromium >/dev/null 2>&1; then
  [ -e /usr/lib/chromium/locales/zh-CN.pak ] || missing="$missing chromium-l10n"
fi
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "The tests need: sudo apt-get install$missing"
  [ -z "${CI:-}" ] || exit 1
fi
