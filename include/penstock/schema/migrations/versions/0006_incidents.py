"""Files that wait for a fault of the host to pass, and incidents that a person must look at."""

from alembic import op

revision = "0006"
down_revision = "0005"

INCIDENTS = """
ALTER TABLE ingest.file
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN retry_at timestamptz,
    ADD COLUMN waits_for text;
COMMENT ON COLUMN ingest.file.attempts IS
    'How often a fault that was not the file''s own kept it from being read or loaded.';
COMMENT ON COLUMN ingest.file.retry_at IS 'When it is tried again; NULL when nothing holds it.';
COMMENT ON COLUMN ingest.file.waits_for IS 'The fault that holds it, in words; NULL without one.';

CREATE TABLE ingest.incident (
    incident_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset     text NOT NULL,
    file_id     bigint REFERENCES ingest.file ON DELETE CASCADE,
    kind        text NOT NULL,
    message     text NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    resolved_at timestamptz
);
COMMENT ON TABLE ingest.incident IS
    'What a person must look at. The message says what happened and which command mends it.';
-- The same trouble again is one incident, until somebody has mended it.
CREATE UNIQUE INDEX incident_open ON ingest.incident (dataset, kind, file_id)
    NULLS NOT DISTINCT WHERE resolved_at IS NULL;

GRANT SELECT ON ingest.incident TO penstock_loader, penstock_transformer, penstock_reader;
GRANT INSERT, UPDATE ON ingest.incident TO penstock_loader;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(INCIDENTS)
