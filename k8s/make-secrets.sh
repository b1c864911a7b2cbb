#!/bin/sh
# Prints the secrets of a town as manifests, to be piped into kubectl:
#   sh k8s/make-secrets.sh TOWN FOLDER NAMESPACE [MEDIA_NAMESPACE] | kubectl apply -f -
#   sh k8s/make-secrets.sh --turn FOLDER NAMESPACE | kubectl apply -f -
# FOLDER lies outside the repository, 0700, and is kept in a safe. Passwords and keys are made there when absent;
# you put in: database-ca.crt, registry.crt, registry.key, relay.crt, relay.key (PEM). All towns that use one
# TURN server share one turn.secret: copy it into the next town's folder before the first run.
set -eu
umask 077
HERE=$(cd "$(dirname "$0")" && pwd)
DEPLOY=$HERE/../deploy
# shellcheck source=deploy/keys.sh
. "$DEPLOY/keys.sh"
kubectl=${KUBECTL:-kubectl}
fail() { echo "make-secrets: $1" >&2; exit 2; }

secret() { # secret NAMESPACE NAME KEY=FILE...
  namespace=$1 name=$2
  shift 2
  for pair in "$@"; do
    file=$folder/${pair#*=}
    [ -s "$file" ] || fail "$file is missing or empty"
    set -- "$@" "--from-file=${pair%%=*}=$file"
    shift
  done
  "$kubectl" create secret generic "$name" --namespace "$namespace" "$@" --dry-run=client --output yaml
  echo ---
}
tls() { # tls NAMESPACE NAME
  [ -s "$folder/${2%-tls}.crt" ] && [ -s "$folder/${2%-tls}.key" ] || fail "$folder/${2%-tls}.crt or .key is missing"
  "$kubectl" create secret tls "$2" --namespace "$1" --cert "$folder/${2%-tls}.crt" \
    --key "$folder/${2%-tls}.key" --dry-run=client --output yaml
  echo ---
}

[ $# -ge 3 ] || fail "usage: TOWN FOLDER NAMESPACE [MEDIA_NAMESPACE], or --turn FOLDER NAMESPACE"
folder=$2
[ -d "$folder" ] || fail "$folder is no folder"
if [ "$1" = --turn ]; then
  [ -s "$folder/turnserver.conf" ] || fail "make a town's secrets first"
  turn=$3
secret "$turn" turn-server turnserver.conf=turnserver.conf
  exit
fi
is_town "$1" || fail "TOWN must be 12 digits"
make_keys "$folder" "$1" '*'
town=$3
media=${4:-$3}

secret "$town" nats-server passwords.conf=nats-passwords.conf
secret "$town" nats-registry password=nats-registry.password
secret "$town" nats-ingest password=nats-ingest.password
secret "$town" nats-recorder password=nats-recorder.password
secret "$town" nats-analytics password=nats-analytics.password
secret "$media" nats-relay password=nats-relay.password
secret "$town" internal-token token=internal.token
[ "$media" = "$town" ] || secret "$media" internal-token token=internal.token
secret "$town" registry-database app.pgpass=postgres-app.pgpass ca.crt=database-ca.crt
secret "$town" registry-database-owner owner.pgpass=postgres-owner.pgpass ca.crt=database-ca.crt
secret "$town" registry-signing "signing-$1.pem=signing-$1.pem" "register-$1.pem=register-$1.pem" \
  second-factor.key=second-factor.key
secret "$town" ingest-public-key ingest.pub=ingest.pub
secret "$town" ingest-key ingest.key=ingest.key
secret "$town" turn secret=turn.secret
tls "$town" registry-tls
tls "$media" relay-tls
