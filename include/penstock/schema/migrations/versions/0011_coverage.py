"""What the blocks of a file must cover, as its scan saw it. Products have a new mart."""

from alembic import op

revision = "0011"
down_revision = "0010"

COVERAGE = """
ALTER TABLE ingest.file
    ADD COLUMN first_data_byte bigint,
    ADD COLUMN content_bytes bigint,
    ADD COLUMN block_count bigint;
COMMENT ON COLUMN ingest.file.first_data_byte IS
    'Where its records begin, after a byte order mark and a header.';
COMMENT ON COLUMN ingest.file.content_bytes IS
    'The size of its content, unzipped, as the scan read it: where its last block must end.';
COMMENT ON COLUMN ingest.file.block_count IS 'How many blocks the scan cut it into.';

UPDATE ingest.file f
SET first_data_byte = b.first_byte, content_bytes = b.last_byte, block_count = b.blocks
FROM (SELECT file_id, min(first_byte) AS first_byte, max(last_byte) AS last_byte,
             count(*) AS blocks
      FROM ingest.block GROUP BY file_id) AS b
WHERE f.file_id = b.file_id;
UPDATE ingest.file SET first_data_byte = size_bytes, content_bytes = size_bytes, block_count = 0
WHERE block_count IS NULL AND state NOT IN ('registered', 'claimed');

UPDATE ingest.file SET built_at = NULL WHERE dataset = 'products';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(COVERAGE)
