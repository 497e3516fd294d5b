#!/usr/bin/env bash
# Leaves in .venv exactly what a lock file pins: `scripts/venv.sh requirements.txt` or `... requirements-dev.txt`.
# Uses uv where it is on PATH, otherwise venv and pip. PYTHON names the interpreter for a new .venv.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runtime=requirements.txt
dev=requirements-dev.txt
lock=${1:-}
place=.venv
python=$place/bin/python
# Copies of the lock files that .venv was filled from. They are written last, so a .venv that was interrupted has none.
stamps=$place/locks
suitable='import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'

say() { printf '%s\n' "$@" >&2; }
die() { say "$@"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
runs() { "$1" -c "$2" >/dev/null 2>&1; }
same() { cmp -s "$1" "$stamps/$1"; }

# The development lock holds the runtime lock's versions and more, so a .venv made from it serves both.
filled() {
    runs "$python" "$suitable" && same "$runtime" && { [ "$lock" = "$runtime" ] || same "$dev"; }
}

extendable() {
    runs "$python" "$suitable" && same "$runtime" && [ ! -e "$stamps/$dev" ] || return
    have uv || runs "$python" 'import pip'
}

find_python() {
    local candidate old='' bare='' names=(python3.11 python3.12 python3.13 python3)
    local remedy='Install one (Debian 12: apt install python3.11 python3.11-venv), or name one: make run PYTHON=/path/to/it'
    [ -z "${PYTHON:-}" ] || names=("$PYTHON")
    while IFS= read -r candidate; do
        if ! runs "$candidate" "$suitable"; then
            runs "$candidate" '' && old=$candidate
        elif ! runs "$candidate" 'import venv, ensurepip'; then
            bare=${bare:-$candidate}
        else
            printf '%s\n' "$candidate"
            return
        fi
    done < <(type -aP "${names[@]}")
    if [ -n "$bare" ]; then
        die "$bare cannot make virtual environments: its module venv or ensurepip is missing." \
            "Install it (Debian, Ubuntu: apt install python3-venv), or install uv, then run the same command again."
    elif [ -n "$old" ]; then
        die "Albumen needs Python 3.11, 3.12 or 3.13; $old is $("$old" -V 2>&1)." \
            "$remedy"
    else
        die "Albumen needs Python 3.11, 3.12 or 3.13, and ${PYTHON:-python3} was not found or does not start." \
            "$remedy"
    fi
}

# A server that runs from .venv goes on reading it meanwhile: the new one is filled beside it.
make_venv() {
    local interpreter
    have uv || interpreter=$(find_python)
    place=.venv.new
    python=$place/bin/python
    stamps=$place/locks
    rm -rf "$place"
    if have uv; then
        uv venv --quiet --python "${PYTHON:->=3.11,<3.14}" "$place"
    else
        "$interpreter" -m venv "$place"
    fi
}

# Its commands name the interpreter by its whole path.
take_its_place() {
    grep -rlIZF "$PWD/.venv.new" .venv.new/bin .venv.new/pyvenv.cfg | xargs -0r sed -i 's/\.venv\.new/.venv/g'
    rm -rf .venv.old
    [ ! -e .venv ] && [ ! -L .venv ] || mv .venv .venv.old 2>/dev/null ||
        die "The old .venv can't be replaced by this user: remove it, then run the same command again."
    mv .venv.new .venv
    rm -rf .venv.old
}

# The lock is the whole closure, so nothing is resolved again: pip before 24 would look for a newer release of a package
# that is asked for with an extra, and refuse it for not being pinned.
install_lock() {
    if have uv; then
        uv pip install --quiet --python "$python" --require-hashes --no-deps -r "$lock"
    else
        # PIP_USER=0: a personal pip configuration with user=true would refuse to install into a virtual environment.
        PIP_USER=0 "$python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --no-deps \
            -r "$lock"
    fi
}

case $lock in
    "$runtime" | "$dev") ;;
    *) die "usage: scripts/venv.sh $runtime|$dev" ;;
esac

# Two commands started at once, say `make run` and `make test`, take turns.
if have flock; then
    exec 9<scripts/venv.sh
    flock 9
fi

if ! filled; then
    extendable || make_venv
    say "Installing $lock into .venv (a minute or two the first time)"
    rm -rf "$stamps"
    install_lock
    mkdir "$stamps"
    [ "$lock" = "$runtime" ] || cp "$dev" "$stamps/"
    cp "$runtime" "$stamps/"
    [ "$place" = .venv ] || take_its_place
fi
