"""Describes every table and column of the ledger, for psql, BI tools and the documentation."""

from alembic import op

revision = "0018"
down_revision = "0017"

COMMENTS = """
COMMENT ON TABLE ingest.file IS 'Every version of every file that ever landed, and its state.';
COMMENT ON COLUMN ingest.file.file_id IS 'Key of the file.';
COMMENT ON COLUMN ingest.file.dataset IS 'Name of the dataset.';
COMMENT ON COLUMN ingest.file.path IS 'Path below the landing folder of the dataset.';
COMMENT ON COLUMN ingest.file.version IS 'Number of the version of this path, from 1.';
COMMENT ON COLUMN ingest.file.content_hash IS
    'SHA-256 of the unpacked content; of Parquet, Excel and JSON of the file itself.';
COMMENT ON COLUMN ingest.file.size_bytes IS 'Size of the file as it landed.';
COMMENT ON COLUMN ingest.file.state IS
    'registered, claimed, loading, sealed, rejected, superseded or duplicate.';
COMMENT ON COLUMN ingest.file.rows_good IS 'Rows that passed the checks.';
COMMENT ON COLUMN ingest.file.rows_bad IS 'Records in quarantine.';
COMMENT ON COLUMN ingest.file.load_seq IS
    'Order in which files were sealed; an increment takes what is newer.';
COMMENT ON COLUMN ingest.file.position IS
    'Order in which rows count: the load_seq; for a replay that of the file it replays.';
COMMENT ON COLUMN ingest.file.replay_of IS 'The file that this one replays.';
COMMENT ON COLUMN ingest.file.etag IS
    'Identifies the bytes of the file: it changes with them. NULL once a file of a mirror is gone.';
COMMENT ON COLUMN ingest.file.location IS 'Where the bytes of the file are.';
COMMENT ON COLUMN ingest.file.columns IS 'The header as found, in the order of the file.';
COMMENT ON COLUMN ingest.file.notes IS 'Harmless oddities, such as unknown columns.';
COMMENT ON COLUMN ingest.file.reason IS 'Why the file was rejected or superseded.';
COMMENT ON COLUMN ingest.file.dag_run_id IS 'The run of Airflow that registered the file.';
COMMENT ON COLUMN ingest.file.registered_at IS 'When the ledger first knew the file.';
COMMENT ON COLUMN ingest.file.claimed_at IS 'When it was taken out of the landing zone.';
COMMENT ON COLUMN ingest.file.loaded_at IS 'When its last block was loaded.';
COMMENT ON COLUMN ingest.file.sealed_at IS 'When its rows became visible.';
COMMENT ON COLUMN ingest.file.built_at IS
    'When the marts showed this state; NULL again once the file is superseded.';
COMMENT ON COLUMN ingest.file.archived_at IS
    'When its bytes reached archive/ or rejected/; for a mirror, when it was finished.';
COMMENT ON COLUMN ingest.file.attempts IS
    'How often a fault that was not the file''s own stopped it.';
COMMENT ON COLUMN ingest.file.retry_at IS 'When it is tried again; NULL while nothing stops it.';
COMMENT ON COLUMN ingest.file.waits_for IS 'The fault that it waits for; NULL without one.';
COMMENT ON COLUMN ingest.file.copied IS
    'Whether it is read from a copy, because somebody may still write to the file itself.';
COMMENT ON COLUMN ingest.file.first_data_byte IS
    'Where its records begin, after a byte order mark and a header.';
COMMENT ON COLUMN ingest.file.content_bytes IS
    'Size of its unpacked content, as the scan read it: where its last block must end.';
COMMENT ON COLUMN ingest.file.block_count IS 'Number of its blocks.';
COMMENT ON COLUMN ingest.file.absent IS
    'Optional columns that rows of the file lack; for these an upsert keeps the old value.';
COMMENT ON COLUMN ingest.file.continues IS
    'The version with whose bytes the file begins. The rest is loaded, from first_data_byte on; '
    'if that version ends inside a record, the whole file is loaded and replaces it.';
COMMENT ON COLUMN ingest.file.dialect IS
    'How a CSV is written: separator, quote, escape, lines above the header; NULL otherwise.';

COMMENT ON TABLE ingest.block IS
    'Byte ranges [first_byte, last_byte) of a file, on record boundaries; loaded one by one.';
COMMENT ON COLUMN ingest.block.file_id IS 'The file.';
COMMENT ON COLUMN ingest.block.block_no IS 'Number of the block in the file, from 0.';
COMMENT ON COLUMN ingest.block.first_byte IS 'Its first byte in the unpacked content.';
COMMENT ON COLUMN ingest.block.last_byte IS 'The byte after its last one.';
COMMENT ON COLUMN ingest.block.first_line IS 'The line on which it begins.';
COMMENT ON COLUMN ingest.block.records IS 'Its records; NULL until it is loaded.';
COMMENT ON COLUMN ingest.block.rows_good IS 'Rows that passed the checks.';
COMMENT ON COLUMN ingest.block.rows_bad IS 'Records in quarantine.';
COMMENT ON COLUMN ingest.block.loaded_at IS 'When it was loaded; NULL before.';

COMMENT ON TABLE ingest.quarantine IS 'Every refused record, with all its reasons.';
COMMENT ON COLUMN ingest.quarantine.file_id IS 'The file that holds the record.';
COMMENT ON COLUMN ingest.quarantine.dataset IS 'Name of the dataset.';
COMMENT ON COLUMN ingest.quarantine.line IS
    'Line on which the record begins; of JSON documents, Parquet and Excel its number.';
COMMENT ON COLUMN ingest.quarantine.raw IS
    'The record as it stands in the file; bytes that are not text as \\xNN.';
COMMENT ON COLUMN ingest.quarantine.reasons IS 'Every reason why it was refused.';
COMMENT ON COLUMN ingest.quarantine.quarantined_at IS 'When it was refused.';

COMMENT ON TABLE ingest.suite IS
    'Every set of checks that rows of a dataset went through: casts and expectations, in order.';
COMMENT ON COLUMN ingest.suite.suite_id IS 'Key of the suite, a hash of its checks.';
COMMENT ON COLUMN ingest.suite.dataset IS 'Name of the dataset.';
COMMENT ON COLUMN ingest.suite.checks IS 'The checks, in order: type, column, kwargs, reason.';
COMMENT ON COLUMN ingest.suite.first_used_at IS 'When a block first went through it.';

COMMENT ON TABLE ingest.validation IS
    'What the checks of a suite counted in a block: one number per check, in the suite''s order.';
COMMENT ON COLUMN ingest.validation.file_id IS 'The file.';
COMMENT ON COLUMN ingest.validation.block_no IS 'The block.';
COMMENT ON COLUMN ingest.validation.suite_id IS 'The suite.';
COMMENT ON COLUMN ingest.validation.evaluated IS 'Rows that were checked.';
COMMENT ON COLUMN ingest.validation.missing IS 'Per check, rows in which the column is empty.';
COMMENT ON COLUMN ingest.validation.unexpected IS 'Per check, rows that failed it.';

COMMENT ON VIEW ingest.file_validation IS
    'What each check counted in each file. evaluated, missing and unexpected count rows.';
COMMENT ON COLUMN ingest.file_validation.file_id IS 'The file.';
COMMENT ON COLUMN ingest.file_validation.suite_id IS 'The suite.';
COMMENT ON COLUMN ingest.file_validation.check_no IS 'Number of the check in the suite, from 1.';
COMMENT ON COLUMN ingest.file_validation.type IS 'Name of the expectation or cast.';
COMMENT ON COLUMN ingest.file_validation."column" IS 'The column that it checks.';
COMMENT ON COLUMN ingest.file_validation.kwargs IS 'Arguments of the expectation.';
COMMENT ON COLUMN ingest.file_validation.reason IS 'The reason that a failed row gets.';
COMMENT ON COLUMN ingest.file_validation.evaluated IS 'Rows that were checked.';
COMMENT ON COLUMN ingest.file_validation.missing IS 'Rows in which the column is empty.';
COMMENT ON COLUMN ingest.file_validation.unexpected IS 'Rows that failed the check.';

COMMENT ON TABLE ingest.incident IS
    'What a person must look at. The message says what happened and which command mends it.';
COMMENT ON COLUMN ingest.incident.incident_id IS 'Key of the incident.';
COMMENT ON COLUMN ingest.incident.dataset IS 'Name of the dataset.';
COMMENT ON COLUMN ingest.incident.file_id IS 'The file, where it is about one.';
COMMENT ON COLUMN ingest.incident.kind IS 'The kind of incident, such as archive_differs.';
COMMENT ON COLUMN ingest.incident.message IS 'What happened, and what to do.';
COMMENT ON COLUMN ingest.incident.happened_at IS 'When it was first noticed.';
COMMENT ON COLUMN ingest.incident.resolved_at IS 'When it was over; NULL while it is open.';

COMMENT ON TABLE ingest.mirror IS
    'The folders that are mirrored, each with the identity that a hidden file in it holds.';
COMMENT ON COLUMN ingest.mirror.folder IS 'The landing folder.';
COMMENT ON COLUMN ingest.mirror.identity IS 'The identity of the folder.';
COMMENT ON COLUMN ingest.mirror.set_up_at IS 'When the identity was written.';

COMMENT ON TABLE ingest.approval IS
    'Files that are gone from a mirror and whose rows may be removed; kept until the next plan.';
COMMENT ON COLUMN ingest.approval.dataset IS 'Name of the dataset.';
COMMENT ON COLUMN ingest.approval.paths IS 'Paths of the files that are gone.';
COMMENT ON COLUMN ingest.approval.approved_at IS 'When a person approved it.';

COMMENT ON TABLE ingest.mart_of_rows IS
    'Which mart holds the rows of a dataset, as the models state; `penstock migrate` updates it.';
COMMENT ON COLUMN ingest.mart_of_rows.dataset IS 'Name of the dataset.';
COMMENT ON COLUMN ingest.mart_of_rows.relation IS 'The mart.';
COMMENT ON COLUMN ingest.mart_of_rows.others IS
    'What a good row is that is not in the mart; NULL where every good row is in it.';

COMMENT ON FUNCTION ingest.file_rows IS
    'What became of the rows of some files, or of all: '
    'received = standing + replaced + deduplicated + quarantined.';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(COMMENTS)
