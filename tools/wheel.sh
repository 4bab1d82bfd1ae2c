#!/bin/sh
# Builds the wheel and tries it in fresh venvs with what pip finds for it: without and with [mcp]. Needs a package index.
set -eu

python=${1:-python3}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
HOME=$place
export HOME

"$python" -m hatchling build --target wheel --directory "$place" >/dev/null 2>&1
wheel=$(echo "$place"/*.whl)
mkdir "$place/tea"
printf '# Tea\n\nTea brews tea over HTTP for the polite.\n' >"$place/tea/README.md"
hello='{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}'

for extra in '' '[mcp]'; do
    "$python" -m venv --clear "$place/venv"
    "$place/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel$extra"
    echo "$("$place/venv/bin/llmsdeck" --version) from ${wheel##*/}$extra"
    bundle=$("$place/venv/bin/llmsdeck" start "$place/tea" --wait --force 2>/dev/null)
    grep -q '^# Tea$' "$bundle/llms.txt"
    if [ -n "$extra" ]; then
        echo "$hello" | "$place/venv/bin/llmsdeck" mcp | grep -q '"name":"llmsdeck"'
    elif "$place/venv/bin/llmsdeck" mcp </dev/null 2>/dev/null; then
        echo 'the server for agents ran without its package' >&2
        exit 1
    fi
done
