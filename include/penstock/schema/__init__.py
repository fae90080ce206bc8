"""The schema of the warehouse: ledger, roles and staging tables, and their migrations."""

from penstock.schema.migrate import migrate, migrate_if_owner
from penstock.schema.version import check

__all__ = ["check", "migrate", "migrate_if_owner"]
