"""The dialect of each CSV file, as it was found when the file was scanned."""

from alembic import op

revision = "0017"
down_revision = "0016"

DIALECTS = """
ALTER TABLE ingest.file ADD COLUMN dialect jsonb;
COMMENT ON COLUMN ingest.file.dialect IS
    'How a CSV is written: separator, quote, escape, lines above the header; NULL of other formats.'
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(DIALECTS)
