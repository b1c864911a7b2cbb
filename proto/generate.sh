#!/bin/sh
# Makes proto/gen from the contracts. `proto/generate.sh --check` fails when what is committed differs.
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-../.venv/bin/python}
out=gen
if [ "${1:-}" = "--check" ]; then out=$(mktemp -d); trap 'rm -rf "$out"' EXIT; fi
PATH="$(dirname "$python"):$PATH"
mkdir -p "$out/huiyan_proto"
"$python" -m grpc_tools.protoc -I . --python_out="$out" --mypy_out="quiet:$out" $(find huiyan -name '*.proto' | sort)
find "$out/huiyan" -type d -exec touch {}/__init__.py {}/py.typed \;
cp subjects.yaml "$out/huiyan_proto/subjects.yaml"
printf '"""Contract files that travel with the generated code: subjects.yaml."""\n' > "$out/huiyan_proto/__init__.py"
touch "$out/huiyan_proto/py.typed"
if [ "$out" != gen ]; then diff -r -x __pycache__ "$out" gen && echo "proto: generated code is current"; fi
