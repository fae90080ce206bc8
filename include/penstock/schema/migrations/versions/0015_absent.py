"""Absent is not empty: a file tells which optional columns rows of it lack."""

from alembic import op

revision = "0015"
down_revision = "0014"

ABSENT = """
ALTER TABLE ingest.file ADD COLUMN absent text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN ingest.file.absent IS
    'Optional columns that rows of the file lack: there an upsert keeps the value it had.';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(ABSENT)
