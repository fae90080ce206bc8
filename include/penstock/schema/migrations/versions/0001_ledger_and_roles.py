"""The ledger, the schemas, and the three least-privilege roles."""

from alembic import op

revision = "0001"
down_revision = None

LEDGER = """
CREATE TABLE ingest.file (
    file_id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset       text NOT NULL,
    path          text NOT NULL,
    version       integer NOT NULL,
    content_hash  text,
    size_bytes    bigint NOT NULL,
    state         text NOT NULL CHECK (state IN ('registered', 'claimed', 'loading', 'sealed',
                                                 'rejected', 'superseded', 'duplicate')),
    rows_good     bigint,
    rows_bad      bigint,
    load_seq      bigint UNIQUE,
    position      bigint,
    replay_of     bigint REFERENCES ingest.file,
    etag          text,
    location      text,
    columns       text[],
    notes         text[] NOT NULL DEFAULT '{}',
    reason        text,
    dag_run_id    text,
    registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_at    timestamptz,
    loaded_at     timestamptz,
    sealed_at     timestamptz,
    built_at      timestamptz,
    archived_at   timestamptz,
    UNIQUE (dataset, path, version)
);
COMMENT ON TABLE ingest.file IS 'Every version of every file that ever landed, and its state.';
COMMENT ON COLUMN ingest.file.load_seq IS 'Order of the seals: what is newer than an increment.';
COMMENT ON COLUMN ingest.file.position IS
    'Order in which rows count: the load_seq, or of a replay that of the file it replays.';
COMMENT ON COLUMN ingest.file.built_at IS
    'When the marts came to show this state; NULL again once the file is superseded.';
COMMENT ON COLUMN ingest.file.archived_at IS
    'When its bytes reached archive/ or rejected/; of a mirror, where they stay, when it was done.';
COMMENT ON COLUMN ingest.file.etag IS
    'What tells a file from a changed one; of a mirror, NULL once the file is gone.';
COMMENT ON COLUMN ingest.file.columns IS 'The header as found, in the file''s order.';
COMMENT ON COLUMN ingest.file.notes IS 'What was odd but harmless, such as unknown columns.';

-- One version of a path waits at a time, so that two planners register it once.
CREATE UNIQUE INDEX file_waiting ON ingest.file (dataset, path)
    WHERE state = 'registered' AND replay_of IS NULL;
CREATE INDEX file_unfinished ON ingest.file (dataset)
    WHERE state IN ('registered', 'claimed', 'loading');
CREATE INDEX file_unbuilt ON ingest.file (dataset)
    WHERE state IN ('sealed', 'superseded') AND built_at IS NULL;
CREATE INDEX file_unarchived ON ingest.file (dataset)
    WHERE archived_at IS NULL AND state IN ('sealed', 'rejected', 'superseded', 'duplicate');

CREATE TABLE ingest.block (
    file_id    bigint NOT NULL REFERENCES ingest.file,
    block_no   integer NOT NULL,
    first_byte bigint NOT NULL,
    last_byte  bigint NOT NULL,
    first_line bigint NOT NULL,
    records    bigint,
    rows_good  bigint,
    rows_bad   bigint,
    loaded_at  timestamptz,
    PRIMARY KEY (file_id, block_no)
);
COMMENT ON TABLE ingest.block IS
    'Byte ranges [first_byte, last_byte) of a file, on record boundaries; loaded one by one.';
CREATE INDEX block_unloaded ON ingest.block (file_id, block_no) WHERE loaded_at IS NULL;

CREATE TABLE ingest.quarantine (
    file_id        bigint NOT NULL REFERENCES ingest.file,
    dataset        text NOT NULL,
    line           bigint NOT NULL,
    raw            text NOT NULL,
    reasons        text[] NOT NULL,
    quarantined_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ingest.quarantine IS 'Every refused record, with all the reasons.';
COMMENT ON COLUMN ingest.quarantine.raw IS
    'The record as it stands in the file; bytes that are not text as \\xNN.';
CREATE INDEX quarantine_by_file ON ingest.quarantine (file_id, line);

CREATE SEQUENCE ingest.load_seq;
"""

ROLES = """
DO $$
DECLARE role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['penstock_loader', 'penstock_transformer', 'penstock_reader'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- roles belong to the server: another warehouse on it made them
        END;
        BEGIN  -- since Postgres 16, who makes a role may grant it, but not act as it
            EXECUTE format('GRANT %I TO %I', role, current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            IF NOT pg_has_role(current_user, role, 'MEMBER') THEN RAISE; END IF;
        END;
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA ingest TO penstock_loader, penstock_transformer, penstock_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA ingest
    TO penstock_loader, penstock_transformer, penstock_reader;

GRANT INSERT, UPDATE, DELETE ON ingest.file, ingest.block TO penstock_loader;
GRANT INSERT ON ingest.quarantine TO penstock_loader;
GRANT USAGE ON SEQUENCE ingest.load_seq TO penstock_loader;
GRANT USAGE ON SCHEMA staging TO penstock_loader, penstock_transformer;
ALTER DEFAULT PRIVILEGES IN SCHEMA staging GRANT INSERT ON TABLES TO penstock_loader;
ALTER DEFAULT PRIVILEGES IN SCHEMA staging GRANT SELECT ON TABLES TO penstock_transformer;

GRANT UPDATE (built_at) ON ingest.file TO penstock_transformer;
GRANT USAGE, CREATE ON SCHEMA stg, marts TO penstock_transformer;
-- dbt's increments begin as temporary tables, which a server may not let everybody make.
DO $$ BEGIN
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO penstock_transformer', current_database());
END $$;

GRANT USAGE ON SCHEMA stg, marts TO penstock_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE penstock_transformer IN SCHEMA stg, marts
    GRANT SELECT ON TABLES TO penstock_reader;
"""


def upgrade() -> None:
    for schema in ("staging", "stg", "marts"):
        op.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    op.execute(LEDGER.replace(":", "\\:"))
    op.execute(ROLES.replace(":", "\\:"))
