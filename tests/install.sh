# Read by the scripts beside it: installs Debian's packages where it may; else says so, and is false.
install() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
  else
    echo "This needs: sudo apt-get install $*"
    return 1
  fi
}
