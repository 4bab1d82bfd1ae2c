#!/bin/sh
# Brings .venv in line with one lock: tools/setup.sh run|test|dev.
# Needs Python 3.11 or newer with its venv module; uses uv when there is one. Says what it does on stderr.
set -eu
exec >&2
lock="requirements/$1.lock"

suitable() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for name in python3 python python3.14 python3.13 python3.12 python3.11; do
        if suitable "$name"; then
            command -v "$name"
            return
        fi
    done
    echo "llmsdeck needs Python 3.11 or newer and found none: install one, then try again."
    exit 1
}

with_uv() {
    if ! suitable .venv/bin/python; then
        uv venv --quiet --clear --python "$(find_python)" .venv
    fi
    uv pip install --quiet --python .venv/bin/python --compile-bytecode \
        --require-hashes --only-binary :all: --requirement "$lock"
    uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
}

with_pip() {
    if ! suitable .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        "$(find_python)" -m venv --clear .venv
    fi
    .venv/bin/python -m pip --disable-pip-version-check install --quiet \
        --require-hashes --only-binary :all: --requirement "$lock"
    .venv/bin/python -m pip --disable-pip-version-check install --quiet \
        --no-deps --no-build-isolation --editable .
}

if command -v uv >/dev/null; then installer=uv; else installer=pip; fi
echo "Setting up .venv from $lock with $installer; this happens once and again when the lock changes."
"with_$installer"
