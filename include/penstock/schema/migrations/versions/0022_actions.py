"""What people did to files: replayed, rejected, retracted, mended, approved; who, when and why."""

from alembic import op

revision = "0022"
down_revision = "0021"

# The API's login may only ask. The loader does it, and writes the outcome in the same transaction.
ACTION = """
CREATE TABLE ingest.action (
    action_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind           text NOT NULL
                   CHECK (kind IN ('replay', 'reject', 'retract', 'mend', 'approve')),
    dataset        text NOT NULL,
    file_id        bigint REFERENCES ingest.file ON DELETE SET NULL,
    who            text NOT NULL,
    why            text,
    path           text,
    asked_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    done_at        timestamptz,
    refused        text,
    result_file_id bigint REFERENCES ingest.file ON DELETE SET NULL
);
CREATE INDEX action_open ON ingest.action (dataset) WHERE done_at IS NULL AND refused IS NULL;
CREATE INDEX action_by_file ON ingest.action (file_id);
CREATE INDEX action_by_result ON ingest.action (result_file_id);
CREATE INDEX action_by_path ON ingest.action (dataset, path) WHERE path IS NOT NULL;
COMMENT ON TABLE ingest.action IS
    'What people asked to be done to files, and what became of it.';
COMMENT ON COLUMN ingest.action.action_id IS 'Key of the action.';
COMMENT ON COLUMN ingest.action.kind IS 'replay, reject, retract, mend or approve.';
COMMENT ON COLUMN ingest.action.dataset IS 'Name of the dataset.';
COMMENT ON COLUMN ingest.action.file_id IS 'The file; NULL for the approval of a loss.';
COMMENT ON COLUMN ingest.action.who IS
    'The user of the command line, the name of the API key, or the user of Airflow.';
COMMENT ON COLUMN ingest.action.why IS 'The reason that this person gave.';
COMMENT ON COLUMN ingest.action.path IS
    'Of a mend, the path of the corrected file; all versions of it mend the file.';
COMMENT ON COLUMN ingest.action.asked_at IS 'When it was asked for.';
COMMENT ON COLUMN ingest.action.done_at IS 'When it was done; NULL before.';
COMMENT ON COLUMN ingest.action.refused IS 'Why it could not be done; NULL otherwise.';
COMMENT ON COLUMN ingest.action.result_file_id IS
    'The new version of a replay, or the first version of the corrected file.';
GRANT SELECT ON ingest.action TO penstock_loader, penstock_transformer, penstock_reader;
GRANT INSERT (kind, dataset, file_id, who, why, path) ON ingest.action
    TO penstock_loader, penstock_api;
GRANT UPDATE (done_at, refused, result_file_id) ON ingest.action TO penstock_loader;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(ACTION)
