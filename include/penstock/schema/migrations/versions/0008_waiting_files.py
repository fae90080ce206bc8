"""An index of the files that wait: every run asks for them, and there are few."""

from alembic import op

revision = "0008"
down_revision = "0007"

INDEX = "CREATE INDEX file_held ON ingest.file (dataset) WHERE waits_for IS NOT NULL"


def upgrade() -> None:
    op.get_bind().exec_driver_sql(INDEX)
