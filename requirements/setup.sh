#!/bin/sh
# Finds a Python that is new enough, then lets it do the rest. Usage: setup.sh [interpreter]
set -eu
cd "$(dirname "$0")/.."
enough='import sys; sys.exit(sys.version_info < (3, 11))'
if [ -n "${1:-}" ]; then
  found=$1
  if ! "$found" -c "$enough" 2>/dev/null; then
    version=$("$found" --version 2>&1 || true)
    echo "需要 Python 3.11 或更新：${found} 是 ${version:-不能运行}。" >&2
    echo "Huiyan needs Python 3.11 or newer; ${found} is ${version:-not runnable}. Try: make setup PYTHON=python3.12" >&2
    exit 2
  fi
elif [ -x .venv/bin/python ] && .venv/bin/python -c "$enough" 2>/dev/null; then
  # What made the environment goes on with it.
  found=.venv/bin/python
else
  found=
  for candidate in python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c "$enough" 2>/dev/null; then found=$candidate; break; fi
  done
  if [ -z "$found" ]; then
    echo "需要 Python 3.11 或更新，这台机器上没有找到。" >&2
    echo "Huiyan needs Python 3.11 or newer; none was found. Try: make setup PYTHON=/path/to/python3.12" >&2
    exit 2
  fi
fi
"$found" requirements/install.py
exec .venv/bin/python requirements/build_web.py
