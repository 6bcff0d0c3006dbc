#!/usr/bin/env bash
# Makes the secrets of compose.yaml, each in a file of its own under secrets/. What is there is left as it is.
set -euo pipefail
cd "$(dirname "$0")"
umask 022
mkdir -p secrets
chmod 700 secrets

password() { [ -e "secrets/$1" ] || head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' > "secrets/$1"; }

connection() {
  [ -e "secrets/$1" ] || printf 'Host=postgres;Database=monolith;Username=%s;Password=%s' "$2" "$(cat "secrets/$3")" > "secrets/$1"
}

password postgres-password
password owner-password
password app-password
password grafana-password
password certificate-password
[ -e secrets/certificate ] || openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj /CN=monolith-secrets -keyout /dev/stdout -out /dev/stdout 2> /dev/null |
  openssl pkcs12 -export -passout file:secrets/certificate-password -out secrets/certificate
chmod 644 secrets/certificate
connection owner-connection monolith_owner owner-password
connection app-connection monolith_app app-password
echo "The secrets are in $(pwd)/secrets."
