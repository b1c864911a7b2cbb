#!/bin/sh
# No download address and no path of somebody's machine in a tracked file: locks name versions and hashes.
set -eu
cd "$(dirname "$0")/.."
git rev-parse --git-dir >/dev/null 2>&1 || { echo "addresses: not a git checkout, skipped"; exit 0; }
# The brackets keep the patterns from finding themselves.
found=$(
  git grep -nIE '"resolve[d]": *"https?:|index-ur[l] *[= ]*https?:|extra-index-ur[l]|find-link[s]' -- . || true
  git grep -nIE '(ur[l]|registr[y]) *= *"https?://' -- '*lock*' '*.toml' '*.txt' '*.cfg' '*.npmrc' '*Dockerfile*' || true
  git grep -nIE 'https?://' -- 'requirements*.lock' || true
  git grep -nIE '(^|[^.a-zA-Z0-9_-])/(wor[k]|far[m]|roo[t]|hom[e]/[a-z]+)/' -- . ':!*.svg' || true
)
if [ -n "$found" ]; then
  echo "下载地址或某台机器的路径不该在仓库里 / download addresses or machine paths in tracked files:" >&2
  printf '%s\n' "$found" | cut -c1-200 >&2
  exit 1
fi
echo "addresses: none"
