#!/usr/bin/env bash
# Makes a venv with a Python that Penstock supports: make-venv.sh FOLDER UV_VERSION [PYTHON]
# Where no such Python is installed, uv downloads one.
set -euo pipefail
folder=$1 uv_version=$2 wanted=${3:-}

SUPPORTED='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
DOWNLOADED=3.12 # the Python that uv downloads
# Debian's own Python starts Airflow faster than a build of pyenv's.
read -ra candidates <<<"${PYTHONS-/usr/bin/python3.11 python3.11 python3.12 python3.13 python3}"

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

find_python() {
    local each
    for each in ${wanted:-"${candidates[@]}"}; do
        # Shims of pyenv are on PATH for versions that are not selected: only running tells.
        "$each" -c "$SUPPORTED" 2>/dev/null && { echo "$each"; return; }
    done
    return 0
}

# Prints the path of uv: the one on PATH, else one that pip puts into a temporary folder.
find_uv() {
    command -v uv && return
    python3 -m pip install --quiet --disable-pip-version-check --target "$temporary" \
        "uv==$uv_version" >&2 && echo "$temporary/bin/uv"
}

if test -x "$folder/bin/pip"; then
    "$folder/bin/python" -c "$SUPPORTED" \
        || fail "$folder has a Python that Penstock does not support: delete $folder, then try again."
    exit
fi
rm -rf "$folder" # of an installation that was interrupted
python=$(find_python)
if test -n "$wanted" && test -z "$python"; then
    fail "PYTHON=$wanted is not a Python 3.11, 3.12 or 3.13."
fi
if test -n "$python" && "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    exec "$python" -m venv "$folder"
fi
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
if uv=$(find_uv 2>/dev/null); then
    echo "uv makes $folder with Python ${python:-$DOWNLOADED}"
    "$uv" venv --no-config --quiet --seed --python "${python:-$DOWNLOADED}" "$folder" && exit
fi
test -z "$python" || fail "$python cannot make a venv. On Debian and Ubuntu: apt-get install python3-venv"
fail "Penstock needs Python 3.11, 3.12 or 3.13. None was found, and uv could not download one." \
    "  Debian 12, Ubuntu 24.04  apt-get install python3 python3-venv" \
    "  Fedora                   dnf install python3.13" \
    "  macOS                    brew install python@3.13" \
    "  any, with uv             uv python install $DOWNLOADED" \
    "Or name one: make install PYTHON=/path/to/python3.13"
