"""The warehouse: where it is, how to connect with least privilege, how its schema came about."""

from penstock.warehouse.connect import Role, connect, dsn
from penstock.warehouse.migrate import migrate

__all__ = ["Role", "connect", "dsn", "migrate"]
