"""API keys: who may ask the API for what. Analysts see none of it, not even the hashes."""

from alembic import op

revision = "0004"
down_revision = "0003"

KEYS = """
CREATE SCHEMA IF NOT EXISTS api;
CREATE TABLE api.key (
    key_id      text PRIMARY KEY,
    name        text NOT NULL,
    secret_hash bytea NOT NULL,
    scopes      text[] NOT NULL,
    rate        integer NOT NULL CHECK (rate > 0),
    created_at  timestamptz NOT NULL DEFAULT now(),
    revoked_at  timestamptz
);
COMMENT ON TABLE api.key IS 'Keys of the API, each with what it may do.';
COMMENT ON COLUMN api.key.secret_hash IS 'SHA-256 of the secret, which is kept nowhere.';
COMMENT ON COLUMN api.key.rate IS 'Requests a second.';
GRANT USAGE ON SCHEMA api TO penstock_loader;
GRANT SELECT, INSERT, UPDATE ON api.key TO penstock_loader;

-- What a cache asks: have the marts of a dataset changed?
CREATE INDEX file_built ON ingest.file (dataset, built_at);
"""


def upgrade() -> None:
    op.execute(KEYS.replace(":", "\\:"))
