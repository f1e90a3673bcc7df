#!/bin/sh
# Makes a Python environment with the packages that a test needs: environment.sh FOLDER REQUIREMENTS
folder=$1
requirements=$2
python=${PYTHON:-python3}

make_environment() {
  rm -rf "$folder" && mkdir -p "$folder" && "$python" -m venv "$folder"
}

packages=$(sed -n 's/^\([a-z][a-z0-9-]*\).*/\1/p' "$requirements" | paste -sd' ' -)
echo "setting up $packages in $folder"
{
  # Debian keeps the means to make environments in a package of its own.
  make_environment >/dev/null 2>&1 ||
    { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq python3-venv && make_environment; } >&2
} && "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements" && exit 0
rm -rf "$folder"
echo "$0: not all of $packages can be installed: the tests that read files with them are left out" >&2
exit 1
