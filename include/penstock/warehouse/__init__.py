"""The warehouse: where it is, how to connect with least privilege, how its schema came about."""

from penstock.warehouse.connect import Role, app_url, connect, dsn, people_url, use
from penstock.warehouse.migrate import migrate

__all__ = ["Role", "app_url", "connect", "dsn", "migrate", "people_url", "use"]
