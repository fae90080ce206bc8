"""A schema in which marts are made anew, to be compared with those that are."""

from alembic import op

revision = "0013"
down_revision = "0012"

SCRATCH = """
CREATE SCHEMA IF NOT EXISTS scratch;
COMMENT ON SCHEMA scratch IS 'Empty but while `penstock verify --marts` compares marts.';
CREATE TABLE IF NOT EXISTS locks.verify ();
GRANT USAGE, CREATE ON SCHEMA scratch TO penstock_transformer;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(SCRATCH)
