#!/bin/sh
# Builds images without a daemon (Debian packages buildah and, without BASE, mmdebstrap; root).
#   sh deploy/build_images.sh [--smoke] [SERVICE ...]         default: all five
# BASE=name     base image; default: a minimal Debian made here with mmdebstrap, no image registry asked
# TAG=name      default: the short commit
# PAGES=build   builds the pages inside (needs npm's registry); default: given, as `make web` left them
# Each image becomes .cache/images/huiyan-<service>-<tag>.tar (`docker load -i`, `podman load -i`).
# --smoke starts each image once (its modules are imported, its settings are asked for) and keeps no tar.
# Exit status 3: nothing was built because something is missing; its name is printed.
set -eu
cd "$(dirname "$0")/.."
smoke=
services=
for argument in "$@"; do
  case $argument in
    --smoke) smoke=yes ;;
    registry | ingest | relay | recorder | analytics) services="$services $argument" ;;
    *) echo "unknown argument: $argument" >&2; exit 2 ;;
  esac
done
services=${services:-registry ingest relay recorder analytics}
skip() { echo "SKIPPED images: $1" >&2; exit 3; }
[ "$(id -u)" = 0 ] || skip "needs root"
command -v buildah > /dev/null || skip "buildah is missing (Debian package buildah)"
if [ -z "${BASE:-}" ]; then
  command -v mmdebstrap > /dev/null || skip "mmdebstrap is missing (Debian package mmdebstrap), or set BASE"
fi

cache=$PWD/.cache/images
mkdir -p "$cache"
work=$(mktemp -d)
bud() { buildah --storage-driver vfs --root "$work/store" --runroot "$work/run" "$@"; }
trap 'bud rm --all > /dev/null 2>&1 || true; rm -rf "$work"' EXIT
tag=${TAG:-$(git rev-parse --short HEAD)}

if [ -z "${BASE:-}" ]; then
  if [ ! -f "$cache/base.tar" ]; then
    echo "base: mmdebstrap bookworm (Python 3.11)"
    # Whatever mirror this machine uses is nobody's business in an image: the hook removes it.
    mmdebstrap --quiet --variant=minbase --include=python3,python3-venv,ca-certificates \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' --customize-hook='rm -f "$1/etc/apt/sources.list"' \
      bookworm "$cache/part.tar"
    mv "$cache/part.tar" "$cache/base.tar"
  fi
  container=$(bud from scratch)
  bud add --quiet "$container" "$cache/base.tar" / > /dev/null
  bud commit --quiet "$container" huiyan-base > /dev/null
  bud rm "$container" > /dev/null
  BASE=localhost/huiyan-base
fi

# With a Python as in the base here, this machine's pip (with its own settings) fetches the wheels and the
# build needs no network; otherwise pip inside the build asks its index (PIP_INDEX_URL).
python=${PYTHON_FOR_WHEELS:-.venv/bin/python}
if "$python" -c 'import pip, sys; sys.exit(sys.version_info[:2] != (3, 11))' 2> /dev/null; then
  offline=yes
else
  offline=
fi

for service in $services; do
  began=$(date +%s)
  set -- --isolation chroot --format docker --quiet --build-arg BASE="$BASE" --build-arg VERSION="$tag" \
    --build-arg REVISION="$(git rev-parse HEAD)" --build-arg PAGES="${PAGES:-given}"
  if [ -n "$offline" ]; then
    wheels=$cache/wheels
    mkdir -p "$wheels"
    for lock in deploy/builder.lock "deploy/$service/requirements.lock"; do
      "$python" -m pip download -qq --disable-pip-version-check --only-binary :all: --require-hashes \
        --dest "$wheels" -r "$lock"
    done
    set -- "$@" --volume "$wheels:/wheels:ro" --build-arg PIP_NO_INDEX=1 --build-arg PIP_FIND_LINKS=/wheels
  elif [ -n "${PIP_INDEX_URL:-}" ]; then
    set -- "$@" --build-arg PIP_INDEX_URL="$PIP_INDEX_URL"
  fi
  bud bud "$@" --file "deploy/$service/Dockerfile" --tag "huiyan/$service:$tag" . > "$work/log" 2>&1 || {
    tail -n 30 "$work/log" >&2; echo "FAILED image $service" >&2; exit 1; }
  bytes=$(bud images --json "huiyan/$service:$tag" | sed -n 's/.*"size": "\(.*\)".*/\1/p' | head -n 1)
  echo "huiyan/$service:$tag  $bytes  $(($(date +%s) - began)) s"
  if [ -n "$smoke" ]; then
    container=$(bud from --pull-never "huiyan/$service:$tag")
    bud run --isolation chroot "$container" -- python - "$service" < deploy/image_smoke.py
    bud rm "$container" > /dev/null
  else
    rm -f "$cache/huiyan-$service-$tag.tar"
    bud push --quiet "huiyan/$service:$tag" "docker-archive:$cache/huiyan-$service-$tag.tar:huiyan/$service:$tag"
  fi
done
