#!/usr/bin/env bash
# What a checkout is on other machines, tried in copies of it that are removed again:
#   scripts/elsewhere.sh pip      installs each lock file into an empty .venv by pip 23.0.1, which Debian 12 has
#   scripts/elsewhere.sh pythons  runs `make quick` on each supported Python above 3.11 that is on this machine
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

copies=$(mktemp -d)
trap 'rm -rf "$copies"' EXIT

say() { printf '\n== %s\n' "$*"; }

copy_of_checkout() {
    mkdir "$copies/$1"
    git ls-files -z | tar --create --null --files-from=- | tar --extract --directory="$copies/$1"
    cd "$copies/$1"
}

# Of the commands on PATH, and of pyenv's, whose own commands are there for every version and work for one alone.
find_python() {
    local candidate
    for candidate in $(type -aP "$1") "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/"$1"; do
        if "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
}

# scripts/venv.sh takes a .venv that has the runtime lock and adds the other one to it, so that it uses this pip.
install_by_old_pip() (
    local lock=$1 python
    copy_of_checkout "pip-$lock"
    cp "$lock" requirements-dev.txt
    python=$(find_python python3.11)
    [ -n "$python" ] || { echo "No Python 3.11 is here that can make virtual environments."; return 1; }
    "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check pip==23.0.1
    mkdir .venv/locks
    cp requirements.txt .venv/locks/
    PATH=$(path_without uv) scripts/venv.sh requirements-dev.txt
    .venv/bin/python -m pip --version
    .venv/bin/python -m pip check --disable-pip-version-check
    ALBUMEN_DATA_DIR="$PWD/data" .venv/bin/python manage.py check
)

path_without() {
    local folder kept=()
    while IFS= read -r -d : folder; do
        [ -x "$folder/$1" ] || kept+=("$folder")
    done <<<"$PATH:"
    (IFS=:; printf '%s\n' "${kept[*]}")
}

test_on() (
    copy_of_checkout "$1"
    export PYTHON=$2
    timeout 900 make quick
)

status=0
case ${1:-} in
    pip)
        for lock in requirements.txt requirements-dev.txt; do
            say "$lock by pip 23.0.1"
            install_by_old_pip "$lock" || status=$?
        done
        ;;
    pythons)
        for name in python3.12 python3.13; do
            python=$(find_python "$name")
            if [ -z "$python" ]; then
                say "$name is not here: nothing was tested on it"
            else
                say "$("$python" -V)"
                test_on "$name" "$python" || status=$?
            fi
        done
        ;;
    *)
        echo "usage: scripts/elsewhere.sh pip|pythons" >&2
        exit 2
        ;;
esac
exit "$status"
