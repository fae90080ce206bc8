"""Tables and views that a build has put new ones in the place of.

They keep their rows, under another name, for as long as a view reads them or a session holds them.
"""

import logging

from psycopg import Connection
from psycopg.errors import DependentObjectsStillExist

from penstock.warehouse import locks

log = logging.getLogger(__name__)

# A view before the tables that it reads; names as `postgres__make_backup_relation` gives them.
_REPLACED = """
    SELECT oid::regclass::text, CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END
    FROM pg_class
    WHERE relnamespace IN ('stg'::regnamespace, 'marts'::regnamespace)
      AND relkind IN ('r', 'v') AND relname ~ '__old_[0-9]{20}$'
    ORDER BY relkind = 'v' DESC, oid DESC
"""


def drop(connection: Connection) -> None:
    """Drop those that nobody uses; the next build tries the others again. Needs the transformer."""
    for name, sort in connection.execute(_REPLACED).fetchall():
        try:
            holder = locks.attempt(connection, name, f"DROP {sort} {name}", seconds=1)
        except DependentObjectsStillExist as error:
            log.warning("%s is kept, with old rows: %s", name, error.diag.message_detail)
        else:
            if holder:
                log.info("%s is kept until the next build: it is held by %s", name, holder)
