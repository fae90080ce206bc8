"""The schema of the warehouse: ledger, roles and staging tables, and how they are brought up."""

from penstock.schema.migrate import migrate

__all__ = ["migrate"]
