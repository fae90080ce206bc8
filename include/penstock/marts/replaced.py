"""Drop old tables and views that a build has replaced.

They are renamed first, and kept while a view reads them or a session holds a lock on them.
"""

import logging

from psycopg import Connection
from psycopg.errors import DependentObjectsStillExist

from penstock.warehouse import locks

log = logging.getLogger(__name__)

# Views come before their tables. The macro `postgres__make_backup_relation` makes the names.
_REPLACED = """
    SELECT oid::regclass::text, CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END
    FROM pg_class
    WHERE relnamespace IN ('stg'::regnamespace, 'marts'::regnamespace)
      AND relkind IN ('r', 'v') AND relname ~ '__old_[0-9]{20}$'
    ORDER BY relkind = 'v' DESC, oid DESC
"""


def drop(connection: Connection) -> None:
    """Drop those that are not in use; the next build tries the others. Needs `transformer`."""
    for name, sort in connection.execute(_REPLACED).fetchall():
        try:
            holder = locks.attempt(connection, name, f"DROP {sort} {name}", seconds=1)
        except DependentObjectsStillExist as error:
            log.warning("%s is kept, with old rows: %s", name, error.diag.message_detail)
        else:
            if holder:
                log.info("%s is kept until the next build: it is held by %s", name, holder)
