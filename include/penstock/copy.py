"""Arrow to COPY: typed rows into a staging table, in Postgres' binary format."""

import pgpq
import pyarrow as pa
from psycopg import Connection, sql

_SLICE = 16_384  # rows encoded at a time: bounds the memory the encoded bytes take


def copy_table(connection: Connection, schema: str, name: str, table: pa.Table) -> None:
    """Append `table` to `schema.name`; its columns are named as the target's."""
    if not table.num_rows:
        return
    columns = sql.SQL(", ").join(map(sql.Identifier, table.column_names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(schema, name), columns
    )
    encoder = pgpq.ArrowToPostgresBinaryEncoder(table.schema)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(encoder.write_header())
        for batch in table.to_batches(max_chunksize=_SLICE):
            copy.write(encoder.write_batch(batch))
        copy.write(encoder.finish())
