"""One view of the files that marts follow, so that dbt spells no state."""

from alembic import op

revision = "0019"
down_revision = "0018"

# A plain filter, which the planner inlines: it uses the same indexes as a query on the table.
VIEW = """
CREATE VIEW ingest.mart_file AS
SELECT file_id, dataset, path, version, state, load_seq, position, rows_good, columns, absent,
       sealed_at, built_at, state = 'sealed' AS is_sealed, built_at IS NULL AS is_unbuilt
FROM ingest.file
WHERE state IN ('sealed', 'superseded') AND load_seq IS NOT NULL;

COMMENT ON VIEW ingest.mart_file IS
    'The files that marts follow: a build adds the rows of unbuilt sealed files, and deletes those
of unbuilt superseded ones.';
COMMENT ON COLUMN ingest.mart_file.file_id IS 'The file.';
COMMENT ON COLUMN ingest.mart_file.dataset IS 'Name of the dataset.';
COMMENT ON COLUMN ingest.mart_file.path IS 'Path below the landing folder of the dataset.';
COMMENT ON COLUMN ingest.mart_file.version IS 'Number of the version of this path, from 1.';
COMMENT ON COLUMN ingest.mart_file.state IS 'sealed or superseded.';
COMMENT ON COLUMN ingest.mart_file.load_seq IS 'Order in which files were sealed.';
COMMENT ON COLUMN ingest.mart_file.position IS
    'Order in which rows count: the load_seq; for a replay that of the file it replays.';
COMMENT ON COLUMN ingest.mart_file.rows_good IS 'Rows that passed the checks.';
COMMENT ON COLUMN ingest.mart_file.columns IS 'The header as found, in the order of the file.';
COMMENT ON COLUMN ingest.mart_file.absent IS 'Optional columns that rows of the file lack.';
COMMENT ON COLUMN ingest.mart_file.sealed_at IS 'When its rows became visible.';
COMMENT ON COLUMN ingest.mart_file.built_at IS
    'When the marts showed this state; NULL again once the file is superseded.';
COMMENT ON COLUMN ingest.mart_file.is_sealed IS 'Whether its rows count; else it is superseded.';
COMMENT ON COLUMN ingest.mart_file.is_unbuilt IS 'Whether the marts do not show its state yet.';
GRANT SELECT ON ingest.mart_file TO penstock_loader, penstock_transformer, penstock_reader;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(VIEW)
