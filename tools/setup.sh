#!/bin/sh
# Brings .venv in line with one lock: tools/setup.sh run|test|dev.
# Needs Python 3.11 or newer with pip and venv; uv is faster and used when it works. Speaks on stderr only.
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
    echo "llmsdeck needs Python 3.11 or newer and found none: install one, then try again." >&2
    return 1
}

with_uv() {
    # Certificates of the system, as pip uses them; the second name is that of older uv versions.
    export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1
    { suitable .venv/bin/python || uv venv --quiet --clear --python "$python" .venv; } &&
        uv pip install --quiet --python .venv/bin/python --compile-bytecode \
            --require-hashes --only-binary :all: --requirement "$lock" &&
        uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
}

with_pip() {
    .venv/bin/python -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
    .venv/bin/python -m pip --disable-pip-version-check install --quiet \
        --require-hashes --only-binary :all: --requirement "$lock"
    .venv/bin/python -m pip --disable-pip-version-check install --quiet \
        --no-deps --no-build-isolation --editable .
}

python=$(find_python)
echo "Setting up .venv from $lock; this happens once and again when the lock changes."
if command -v uv >/dev/null && with_uv; then exit; fi
with_pip
