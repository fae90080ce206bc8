"""What became of the rows of each file: standing, replaced, deduplicated or quarantined."""

from alembic import op

revision = "0012"
down_revision = "0011"

FILE_ROWS = """
CREATE TABLE ingest.mart_of_rows (
    dataset  text PRIMARY KEY,
    relation text NOT NULL,
    others   text CHECK (others IN ('replaced', 'deduplicated'))
);
COMMENT ON TABLE ingest.mart_of_rows IS
    'Where the rows of each dataset stand, as the models say; `penstock migrate` keeps it up.';
COMMENT ON COLUMN ingest.mart_of_rows.others IS
    'What a row of a file that counts is when it does not stand; NULL where each of them stands.';
GRANT SELECT ON ingest.mart_of_rows TO penstock_loader, penstock_transformer, penstock_reader;

-- Counted when it is asked for: kept counts would cost each build what it touches. A file that the
-- marts do not show yet is left out.
CREATE FUNCTION ingest.file_rows(of_files bigint[] DEFAULT NULL, of_dataset text DEFAULT NULL)
RETURNS TABLE (file_id bigint, dataset text, path text, version integer, state text,
               rows_received bigint, rows_standing bigint, rows_replaced bigint,
               rows_deduplicated bigint, rows_quarantined bigint)
LANGUAGE plpgsql STABLE AS $function$
#variable_conflict use_column
DECLARE
    mart record;
    loads bigint[];
    of_loads text := CASE WHEN of_files IS NOT NULL THEN 'WHERE load_seq = ANY ($1)' ELSE '' END;
BEGIN
    FOR mart IN
        SELECT m.dataset, to_regclass(m.relation) AS relation, m.others
        FROM ingest.mart_of_rows m
        WHERE (of_dataset IS NULL OR m.dataset = of_dataset) AND to_regclass(m.relation) IS NOT NULL
    LOOP
        SELECT array_agg(f.load_seq) INTO loads
        FROM ingest.file f WHERE f.file_id = ANY (of_files) AND f.dataset = mart.dataset;
        CONTINUE WHEN of_files IS NOT NULL AND loads IS NULL;
        RETURN QUERY EXECUTE format($query$
            SELECT f.file_id, f.dataset, f.path, f.version, f.state,
                   f.rows_good + f.rows_bad, coalesce(s.rows, 0),
                   CASE WHEN f.state = 'superseded' OR $3 = 'replaced'
                        THEN f.rows_good - coalesce(s.rows, 0) ELSE 0 END,
                   CASE WHEN f.state = 'sealed' AND $3 = 'deduplicated'
                        THEN f.rows_good - coalesce(s.rows, 0) ELSE 0 END,
                   f.rows_bad
            FROM (SELECT * FROM ingest.file %%2$s) AS f
            LEFT JOIN (SELECT load_seq, count(*) AS rows FROM %%1$s %%2$s GROUP BY load_seq) AS s
                ON f.load_seq = s.load_seq
            WHERE f.dataset = $2 AND f.load_seq IS NOT NULL AND f.built_at IS NOT NULL
              AND f.state IN ('sealed', 'superseded')
            $query$, mart.relation, of_loads) USING loads, mart.dataset, mart.others;
    END LOOP;
END $function$;
COMMENT ON FUNCTION ingest.file_rows IS
    'Rows received = standing + replaced + deduplicated + quarantined, of some files or of all.';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(FILE_ROWS)
