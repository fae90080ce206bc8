"""What the overview of all datasets reads: one index, and statistics for its groups."""

from alembic import op

revision = "0021"
down_revision = "0019"

# The index alone answers the counts of all files. Without the statistics Postgres takes each file
# for a group of its own, and sorts them: 60 ms instead of 20 for 100,000 files.
OVERVIEW = """
CREATE INDEX file_arrival ON ingest.file (registered_at)
    INCLUDE (file_id, dataset, state, rows_good, rows_bad, load_seq);
CREATE STATISTICS ingest.file_by_day (ndistinct)
    ON dataset, state, ((registered_at AT TIME ZONE 'UTC')::date) FROM ingest.file;
ANALYZE ingest.file;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(OVERVIEW)
