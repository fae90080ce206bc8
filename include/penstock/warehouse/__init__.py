"""Connects to the warehouse with least privilege."""

from penstock.warehouse.connect import Role, app_url, connect, dsn, people_url, use

__all__ = ["Role", "app_url", "connect", "dsn", "people_url", "use"]
