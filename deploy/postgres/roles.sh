#!/bin/sh
# Runs once, when the database is made: the roles of the registry. huiyan_owner migrates, huiyan_app serves;
# neither is a superuser or passes by row-level security.
set -eu
for role in owner app; do
  [ -s "/run/secrets/postgres-$role.password" ] || { echo "roles.sh: no password of $role" >&2; exit 1; }
done
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\set owner `cat /run/secrets/postgres-owner.password`
\set app `cat /run/secrets/postgres-app.password`
CREATE ROLE huiyan_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'owner';
CREATE ROLE huiyan_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'app';
CREATE DATABASE huiyan OWNER huiyan_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE huiyan FROM PUBLIC;
GRANT CONNECT ON DATABASE huiyan TO huiyan_app;
SQL
