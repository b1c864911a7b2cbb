#!/bin/sh
# `make images-check`: Dockerfiles, shell scripts, compose file, locks; and one real build where that is possible.
#   sh deploy/check_images.sh [folder of the tools, default .venv-deploy/bin]
# BUILD=no leaves the real build out; BUILD="relay registry" names what is built (default: relay).
set -eu
cd "$(dirname "$0")/.."
tools=${1:-.venv-deploy/bin}
python=${VENV_PYTHON:-.venv/bin/python}
missing=0

if [ -x "$tools/hadolint" ]; then
  "$tools/hadolint" deploy/*/Dockerfile
  echo "hadolint: good"
else
  echo "MISSING hadolint: expected in $tools (requirements-deploy.lock); Dockerfiles were not linted" >&2
  missing=1
fi

for script in deploy/*.sh deploy/*/*.sh k8s/*.sh; do
  sh -n "$script"
done
if command -v shellcheck > /dev/null; then
  shellcheck deploy/*.sh deploy/*/*.sh k8s/*.sh
  echo "shellcheck: good"
else
  echo "SKIPPED shellcheck (Debian package shellcheck): only the syntax was checked (sh -n)"
fi

if command -v docker > /dev/null && docker compose version > /dev/null 2>&1; then
  work=$(mktemp -d)
  sed -e 's/^TOWN=$/TOWN=510799101000/' -e 's/^TAG=$/TAG=check/' -e 's/^PUBLIC_IP=$/PUBLIC_IP=192.0.2.1/' \
    -e 's,^CAMERA_NETWORKS=$,CAMERA_NETWORKS=10.0.0.0/8,' deploy/compose/env.example > "$work/env"
  docker compose --env-file "$work/env" --file deploy/compose/compose.yaml config --quiet
  rm -rf "$work"
  echo "docker compose config: good"
else
  echo "SKIPPED docker compose config (no compose plugin): tests/deploy reads the file instead"
fi

HUIYAN_DEPLOY_TOOLS=$tools "$python" -m pytest -q -p no:cacheprovider tests/deploy

if [ "${BUILD:-relay}" != no ]; then
  status=0
  # shellcheck disable=SC2086 # a list of services
  sh deploy/build_images.sh --smoke ${BUILD:-relay} || status=$?
  [ "$status" = 0 ] || [ "$status" = 3 ] || exit "$status"
fi
exit "$missing"
