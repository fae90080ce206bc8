"""Losses of a mirror that a person approved: the API may add one, the loader acts on it."""

from alembic import op

revision = "0014"
down_revision = "0013"

APPROVAL = """
CREATE TABLE ingest.approval (
    dataset     text NOT NULL,
    paths       text[] NOT NULL,
    approved_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE ingest.approval IS
    'Files that are gone from a mirror, and whose rows may go with them: until the next plan.';
GRANT SELECT ON ingest.approval TO penstock_loader, penstock_transformer, penstock_reader;
GRANT INSERT ON ingest.approval TO penstock_loader, penstock_api;
GRANT DELETE ON ingest.approval TO penstock_loader;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(APPROVAL)
