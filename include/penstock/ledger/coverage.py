"""The query that checks whether the blocks of a file cover it, for the seal and `verify`."""

COVERAGE = """
SELECT file_id, path, version,
       count(*) FILTER (WHERE block_no IS NOT NULL AND loaded_at IS NULL) AS waiting,
       coalesce(bool_and(fits), true)
       AND count(block_no) IS NOT DISTINCT FROM block_count
       AND coalesce(coalesce(max(last_byte), first_data_byte) = content_bytes, false) AS covered,
       coalesce(sum(records), 0)::bigint AS records,
       coalesce(sum(block_good), 0)::bigint AS rows_good,
       coalesce(sum(block_bad), 0)::bigint AS rows_bad
FROM (
    SELECT f.file_id, f.path, f.version,
           f.block_count, f.first_data_byte, f.content_bytes,
           b.block_no, b.last_byte, b.loaded_at,
           b.records, b.rows_good AS block_good, b.rows_bad AS block_bad,
           CASE WHEN b.block_no IS NOT NULL THEN coalesce(
               b.block_no = row_number() OVER in_order - 1
               AND b.first_byte = lag(b.last_byte, 1, f.first_data_byte) OVER in_order
               AND b.records = b.rows_good + b.rows_bad, false)
           END AS fits
    FROM ingest.file f LEFT JOIN ingest.block b USING (file_id)
    WHERE f.dataset = %(dataset)s AND f.state = %(state)s
    WINDOW in_order AS (PARTITION BY file_id ORDER BY block_no)
) AS of_block
GROUP BY file_id, path, version, block_count, first_data_byte, content_bytes
"""
"""One row per file of a dataset in a state. `waiting` counts blocks that are not loaded yet.
`covered`: the blocks are those of the scan, they run from the first byte of data to the last
without a gap, and each record is counted as good or bad."""
