"""Files that wait for their writer or are read from a copy; how a mirror's folder is known."""

from alembic import op

revision = "0010"
down_revision = "0009"

ARRIVALS = """
ALTER TABLE ingest.file ADD COLUMN copied boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN ingest.file.copied IS
    'Whether it is read from a copy, for somebody may still write to the file itself.';

-- One version of a path waits in the landing zone; others may wait where they were taken to.
DROP INDEX ingest.file_waiting;
CREATE UNIQUE INDEX file_waiting ON ingest.file (dataset, path)
    WHERE state = 'registered' AND replay_of IS NULL AND location IS NULL;

CREATE TABLE ingest.mirror (
    folder    text PRIMARY KEY,
    identity  text NOT NULL,
    set_up_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE ingest.mirror IS
    'The folders that are mirrored, and the identity that a hidden file in each of them holds.';
GRANT SELECT ON ingest.mirror TO penstock_loader, penstock_transformer, penstock_reader;
GRANT INSERT, UPDATE ON ingest.mirror TO penstock_loader;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(ARRIVALS)
