#!/bin/bash
# First start: make the cluster. Then serve.
set -euo pipefail
sockets=/var/run/postgresql

first_start() {
    mkdir --parents "$PGDATA"
    initdb --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
        --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 >/dev/null
    {
        echo "listen_addresses = '*'"
        echo "unix_socket_directories = '$sockets'"
    } >>"$PGDATA/postgresql.conf"
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
}

[ -s "$PGDATA/PG_VERSION" ] || first_start
exec "$@"
