#!/bin/sh
# PostgreSQL's image runs this once, on an empty data folder. The passwords come from the environment and are never on a command line.
set -eu
: "${SUPPLYWATCH_OWNER_PASSWORD:?}" "${SUPPLYWATCH_WRITER_PASSWORD:?}" "${SUPPLYWATCH_AUDITOR_PASSWORD:?}"
{
  printf '%s\n' '\getenv owner_password SUPPLYWATCH_OWNER_PASSWORD' '\getenv writer_password SUPPLYWATCH_WRITER_PASSWORD' '\getenv auditor_password SUPPLYWATCH_AUDITOR_PASSWORD'
  cat "${SUPPLYWATCH_ROLES:-/etc/supplywatch/roles.sql}"
} | psql --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB"
