"""Files that grow: a version tells which one it continues."""

from alembic import op

revision = "0016"
down_revision = "0015"

CONTINUES = """
ALTER TABLE ingest.file ADD COLUMN continues bigint REFERENCES ingest.file;
COMMENT ON COLUMN ingest.file.continues IS
    'The version whose bytes the file begins with: from first_data_byte on, the rest is loaded; '
    'all of it, in the place of that version, where that ends inside a record.';
CREATE INDEX file_by_continues ON ingest.file (continues) WHERE continues IS NOT NULL;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(CONTINUES)
