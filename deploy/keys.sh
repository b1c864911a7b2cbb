# Sourced by compose/make-secrets.sh and k8s/make-secrets.sh: the passwords and keys of one town.
# shellcheck shell=sh
# make_keys FOLDER TOWN DATABASE_HOST writes what is absent (0400) and keeps the rest; needs openssl.

random() { openssl rand -hex 24; }

keep() { # keep FILE: stdin becomes FILE unless it exists and is not empty
  if [ -s "$1" ]; then
    cat > /dev/null
  else
    rm -f "$1"
    cat > "$1"
    chmod 0400 "$1"
    echo "made $(basename "$1")" >&2
  fi
}

again() { # again FILE: written anew each time, from other files
  rm -f "$1"
  cat > "$1"
  chmod 0400 "$1"
}

make_keys() {
  for user in registry ingest relay recorder analytics; do
    random | keep "$1/nats-$user.password"
  done
  for user in registry ingest relay recorder analytics; do
    echo "$(echo "$user" | tr '[:lower:]' '[:upper:]')_PASSWORD: \"$(cat "$1/nats-$user.password")\""
  done | again "$1/nats-passwords.conf"
  random | keep "$1/internal.token"
  random | keep "$1/turn.secret"
  for role in app owner; do
    random | keep "$1/postgres-$role.password"
    echo "$3:5432:huiyan:huiyan_$role:$(cat "$1/postgres-$role.password")" | again "$1/postgres-$role.pgpass"
  done
  # X25519: the raw key is the last 32 bytes of the DER form (RFC 8410). The registry seals camera logins
  # with the public half; only ingest can open them.
  if [ ! -s "$1/ingest.key" ]; then
    openssl genpkey -algorithm X25519 -outform DER -out "$1/ingest.der"
    tail -c 32 "$1/ingest.der" | openssl base64 -A | keep "$1/ingest.key"
    openssl pkey -inform DER -in "$1/ingest.der" -pubout -outform DER | tail -c 32 | openssl base64 -A \
      | again "$1/ingest.pub"
    rm -f "$1/ingest.der"
  fi
  if [ ! -s "$1/signing-$2.pem" ]; then
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | keep "$1/signing-$2.pem"
  fi
  # Signs the heads of the access register; an auditor holds its public half.
  if [ ! -s "$1/register-$2.pem" ]; then
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 | keep "$1/register-$2.pem"
  fi
  # Seals the secrets of second factors: 32 bytes. Lost, and everybody on the staff enrols anew.
  openssl rand 32 | keep "$1/second-factor.key"
  # coturn reads one file: the committed settings and the secret.
  { cat "$DEPLOY/coturn/turnserver.conf"; echo "static-auth-secret=$(cat "$1/turn.secret")"; } \
    | again "$1/turnserver.conf"
}

is_town() {
  case $1 in
    *[!0-9]* | '') return 1 ;;
  esac
  [ ${#1} = 12 ]
}
