#!/bin/sh
# Makes deploy/compose/secrets: every secret is a file of its own, readable only by the container that uses it.
#   sudo sh make-secrets.sh --tls CERT.pem KEY.pem     with your certificate (chain first)
#   sudo sh make-secrets.sh --self-signed NAME         for a trial: phones will warn
# What exists is kept: run it again after removing one file to rotate that one (docs/guide/operator.md).
# Needs openssl. Root, because the files belong to the users inside the containers.
set -eu
umask 077
cd "$(dirname "$0")"
DEPLOY=..
# shellcheck source=deploy/keys.sh
. ../keys.sh
fail() { echo "make-secrets: $1" >&2; exit 2; }
[ "$(id -u)" = 0 ] || fail "run it as root (files get the containers' owners)"
[ -f .env ] || fail "fill in .env first (cp env.example .env)"
town=$(sed -n 's/^TOWN=//p' .env)
is_town "$town" || fail "TOWN in .env must be 12 digits"
certificate='' name=''
case ${1:-} in
  --tls) certificate=${2:?CERT.pem} key=${3:?KEY.pem} ;;
  --self-signed) name=${2:?NAME} ;;
  '') [ -s secrets/tls.crt ] || fail "give --tls or --self-signed" ;;
  *) fail "unknown argument $1" ;;
esac
mkdir -p secrets
make_keys secrets "$town" postgres
random | keep secrets/postgres.password

if [ -n "$certificate" ]; then
  again secrets/tls.crt < "$certificate"
  again secrets/tls.key < "$key"
elif [ -n "$name" ] && [ ! -s secrets/tls.crt ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$name" \
    -addext "subjectAltName=DNS:$name" -keyout secrets/tls.key -out secrets/tls.crt 2> /dev/null
  chmod 0400 secrets/tls.crt secrets/tls.key
  echo "made tls.crt, tls.key for $name, 30 days" >&2
fi

chown 10001:10001 secrets/* # every Huiyan image, and NATS here
chown 999:999 secrets/postgres*.password # the official image
chown 65534:65534 secrets/turnserver.conf # coturn
chmod 0711 secrets
echo "secrets are in deploy/compose/secrets; keep a copy of ingest.key, signing-$town.pem, register-$town.pem and second-factor.key in a safe"
