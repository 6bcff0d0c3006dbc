#!/usr/bin/env bash
# Makes the roles in the database of compose.yaml and gives them their passwords. Running it again changes nothing but those.
set -euo pipefail
export PGHOST=postgres PGUSER=postgres PGDATABASE=monolith PGPASSWORD
PGPASSWORD=$(< /run/secrets/postgres-password)

psql -q -v ON_ERROR_STOP=1 -f /roles.sql
psql -q -v ON_ERROR_STOP=1 -v owner="$(< /run/secrets/owner-password)" -v app="$(< /run/secrets/app-password)" <<'SQL'
alter role monolith_owner password :'owner';
alter role monolith_app password :'app';
SQL
