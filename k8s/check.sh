#!/bin/sh
# `make k8s-check`: builds every overlay, checks schemas and policy, then our own cross references.
#   sh k8s/check.sh [folder of the tools, default .venv-deploy/bin]
set -eu
cd "$(dirname "$0")/.."
tools=${1:-.venv-deploy/bin}
python=${VENV_PYTHON:-.venv/bin/python}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/restricted" "$work/host"
missing=0
need() {
  [ -x "$tools/$1" ] && return 0
  echo "MISSING $1: expected in $tools (requirements-deploy.lock); its check did not run" >&2
  missing=1
  return 1
}

"$python" deploy/nats/generate_users.py --check || {
  echo "k8s: these files are out of date: run $python deploy/nats/generate_users.py" >&2; exit 1; }

if need kubectl; then
  for folder in $(find k8s/towns k8s/turn -name kustomization.yaml -exec dirname {} \; | sort); do
    name=$(echo "$folder" | tr / -)
    "$tools/kubectl" kustomize "$folder" > "$work/$name.yaml"
    # Namespaces with host networking are checked with two more exceptions.
    if grep -q 'hostNetwork: true' "$work/$name.yaml"; then kind=host; else kind=restricted; fi
    mv "$work/$name.yaml" "$work/$kind/"
    echo "built $folder ($kind)"
  done
  if need kubernetes-validate; then
    "$tools/kubernetes-validate" --strict --quiet "$work"/*/*.yaml
    echo "kubernetes-validate --strict: good"
  fi
  if need checkov; then
    # CKV2_K8S_6  network policies: a later issue writes them for the whole town at once
    # CKV_K8S_15  pull policy Always: tags are never moved, and a town that is cut off must restart pods
    # CKV_K8S_43  digests: the repository names no registry; a town pins them in its `images:`
    skips=CKV2_K8S_6,CKV_K8S_15,CKV_K8S_43
    for kind in restricted host; do
      # CKV_K8S_19, CKV_K8S_26  host network and ports: the one reason for these namespaces
      [ "$kind" = host ] && skips=$skips,CKV_K8S_19,CKV_K8S_26
      "$tools/checkov" --skip-download --quiet --compact --framework kubernetes --skip-check "$skips" \
        -d "$work/$kind"
      echo "checkov ($kind), without $skips: good"
    done
  fi
fi
HUIYAN_DEPLOY_TOOLS=$tools "$python" -m pytest -q -p no:cacheprovider tests/deploy
exit "$missing"
