#!/bin/sh
# Writes deploy/<service>/requirements.lock and deploy/builder.lock: versions as in ../requirements.lock
# (what was tested), hashes, and no index or download address. Run after `make lock`.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
python=${VENV_PYTHON:-.venv/bin/python}
wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT
compile() {
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
    --no-annotate --no-header --constraint requirements.lock --output-file "$1" "$wanted"
  echo "$1: $(grep -c '==' "$1") packages"
}
for service in registry ingest relay recorder analytics; do
  "$python" deploy/image_parts.py "$service" > "$wanted"
  compile "deploy/$service/requirements.lock"
done
echo hatchling > "$wanted"
compile deploy/builder.lock
