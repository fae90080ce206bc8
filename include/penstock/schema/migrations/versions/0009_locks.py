"""The locks of the schema `locks`: loader and transformer may take them, readers may not."""

from alembic import op

revision = "0009"
down_revision = "0008"

# The schema is there already: a migration itself holds one of its locks.
LOCKS = """
GRANT USAGE ON SCHEMA locks TO penstock_loader, penstock_transformer;
ALTER DEFAULT PRIVILEGES IN SCHEMA locks
    GRANT UPDATE ON TABLES TO penstock_loader, penstock_transformer;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(LOCKS)
