#!/bin/sh
# Compiles requirements/*.lock from pyproject.toml: hashes for pip and uv, every platform, Python 3.11 and newer.
# Pins already locked stay; `tools/lock.sh --upgrade` moves them. Needs uv.
set -eu

compile() {
    output="requirements/$1.lock"
    shift
    uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header \
        --output-file "$output" pyproject.toml "$@"
}

compile dev --group dev "$@"
compile test --group test --constraint requirements/dev.lock
compile run --group build --constraint requirements/dev.lock
