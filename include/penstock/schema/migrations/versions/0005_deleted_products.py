"""Products can be deleted: their marts have new columns, and so are built anew."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("UPDATE ingest.file SET built_at = NULL WHERE dataset = 'products'")
