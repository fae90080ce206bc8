"""Notes on a file, written while its blocks load: unknown fields, absent columns, headers."""

from collections.abc import Mapping, Sequence

from psycopg import Connection

from penstock.formats.dialect import REPEATED_HEADERS

_MOST_NOTES = 30  # per file


def add_notes(connection: Connection, notes: Mapping[int, Sequence[str]]) -> set[int]:
    """Add notes to files, by file_id; skip a note if the file has one with the same text up to `:`.

    Returns the files that have new notes.
    """
    if not notes:
        return set()
    is_new = """
        g.file_id = f.file_id AND NOT split_part(g.note, ':', 1) = ANY (
            SELECT split_part(n, ':', 1) FROM unnest(f.notes) AS n)
        """
    rows = connection.execute(
        f"""
        WITH given AS (
            SELECT * FROM unnest(%s::bigint[], %s::text[]) WITH ORDINALITY AS g (file_id, note, n)
        )
        UPDATE ingest.file f
        SET notes = f.notes || ARRAY(SELECT g.note FROM given g WHERE {is_new} ORDER BY g.n)
        WHERE file_id = ANY (%s) AND cardinality(notes) < %s
          AND EXISTS (SELECT FROM given g WHERE {is_new})
        RETURNING file_id
        """,  # noqa: S608 - the text is ours
        [
            [file_id for file_id, of_file in notes.items() for _ in of_file],
            [note for of_file in notes.values() for note in of_file],
            [*notes],
            _MOST_NOTES,
        ],
    ).fetchall()
    return {file_id for (file_id,) in rows}


def add_absent_columns(connection: Connection, columns: Mapping[int, Sequence[str | None]]) -> None:
    """Add the absent columns of rows, by file_id; each row has comma-separated names, or None."""
    names = [
        (file_id, name)
        for file_id, every in columns.items()
        for name in {name for row in every if row for name in row.split(",")}
    ]
    if not names:
        return
    connection.execute(
        """
        UPDATE ingest.file f
        SET absent = ARRAY(SELECT DISTINCT unnest(f.absent || new.names) ORDER BY 1)
        FROM (SELECT file_id, array_agg(name) AS names
              FROM unnest(%s::bigint[], %s::text[]) AS n (file_id, name) GROUP BY file_id) AS new
        WHERE f.file_id = new.file_id AND NOT f.absent @> new.names
        """,
        [[file_id for file_id, _ in names], [name for _, name in names]],
    )


def count_repeated_headers(connection: Connection, counts: Mapping[int, int]) -> None:
    """Increase the count in the note about repeated headers, by file_id."""
    for file_id, count in sorted(counts.items()):
        connection.execute(
            """
            WITH before AS (
                SELECT file_id, n, coalesce(substring(n FROM %(text)s || ': ([0-9]+)')::int, 0) AS k
                FROM ingest.file LEFT JOIN unnest(notes) AS n ON starts_with(n, %(text)s)
                WHERE file_id = %(file_id)s
            )
            UPDATE ingest.file f
            SET notes = array_remove(f.notes, b.n) || format('%%s: %%s', %(text)s, b.k + %(count)s)
            FROM before b WHERE f.file_id = b.file_id
            """,
            {"file_id": file_id, "count": count, "text": REPEATED_HEADERS},
        )
