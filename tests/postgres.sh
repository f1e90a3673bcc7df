#!/bin/sh
# Makes sure that PostgreSQL's server programs are there: installs Debian's package when it may, else says what to do.
# Tests start a server of their own from them; none is left running.
for dir in $(echo "$PATH" | tr ':' ' ') /usr/lib/postgresql/*/bin; do
  [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing PostgreSQL's server programs"
  export DEBIAN_FRONTEND=noninteractive
  # The package would start a cluster of its own, which nobody needs here.
  mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
  { apt-get install -y -qq postgresql >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq postgresql; }; } \
    >/dev/null && exit 0
fi
echo "tests/postgres.sh: PostgreSQL's server programs (initdb, postgres) are missing." >&2
echo "Install them, as in: sudo apt-get install postgresql (Debian), sudo dnf install postgresql-server (Fedora)," >&2
echo "brew install postgresql@17 (macOS); or put their folder into PATH." >&2
exit 1
