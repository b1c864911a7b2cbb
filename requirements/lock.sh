#!/bin/sh
# Writes the hashed locks. They name versions and hashes only: no index, no download address.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
python=${VENV_PYTHON:-.venv/bin/python}
wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT
"$python" requirements/gather.py > "$wanted"
compile() {
  out=$1; shift
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-annotate --no-header --emit-build-options --output-file "$out" "$@"
  echo "$out: $(grep -c '==' "$out") packages"
}
compile requirements.lock "$wanted" requirements/dev.in
compile requirements-deploy.lock requirements/deploy.in
compile requirements-node.lock requirements/node.in
