#!/bin/bash
# Runs once, when the server's volume is empty: two databases and the least-privilege logins.
set -euo pipefail
psql --set=ON_ERROR_STOP=1 --no-psqlrc --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
\getenv owner PENSTOCK_OWNER_PASSWORD
\getenv app PENSTOCK_APP_PASSWORD
\getenv analyst PENSTOCK_ANALYST_PASSWORD
\getenv airflow AIRFLOW_DATABASE_PASSWORD

CREATE ROLE penstock_loader;
CREATE ROLE penstock_transformer;
CREATE ROLE penstock_reader;

-- Owns the warehouse; only migrations log in as it.
CREATE ROLE penstock_owner LOGIN CREATEROLE PASSWORD :'owner';
GRANT penstock_loader, penstock_transformer, penstock_reader TO penstock_owner;
CREATE DATABASE penstock OWNER penstock_owner;
REVOKE ALL ON DATABASE penstock FROM PUBLIC;

-- What the services log in as: nothing by itself, so that every session picks its role.
CREATE ROLE penstock_app LOGIN NOINHERIT PASSWORD :'app';
GRANT penstock_loader, penstock_transformer, penstock_reader TO penstock_app;

-- For people with an SQL client: reads the marts and the ledger.
CREATE ROLE analyst LOGIN PASSWORD :'analyst';
GRANT penstock_reader TO analyst;
GRANT CONNECT ON DATABASE penstock TO penstock_app, analyst;
GRANT TEMPORARY ON DATABASE penstock TO penstock_transformer; -- incremental models

CREATE ROLE airflow LOGIN PASSWORD :'airflow';
CREATE DATABASE airflow OWNER airflow;
REVOKE ALL ON DATABASE airflow FROM PUBLIC;
SQL
