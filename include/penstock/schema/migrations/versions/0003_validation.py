"""What each check of a suite came to in each block."""

from alembic import op

revision = "0003"
down_revision = "0001"

VALIDATION = """
CREATE TABLE ingest.suite (
    suite_id      text PRIMARY KEY,
    dataset       text NOT NULL,
    checks        jsonb NOT NULL,
    first_used_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE ingest.suite IS
    'Every set of checks that rows of a dataset went through: casts and expectations, in order.';

-- A row a block, smaller than the block's own: it is kept for as long as the block is.
CREATE TABLE ingest.validation (
    file_id    bigint NOT NULL,
    block_no   integer NOT NULL,
    suite_id   text NOT NULL REFERENCES ingest.suite,
    evaluated  bigint NOT NULL,
    missing    bigint[] NOT NULL,
    unexpected bigint[] NOT NULL,
    PRIMARY KEY (file_id, block_no),
    FOREIGN KEY (file_id, block_no) REFERENCES ingest.block ON DELETE CASCADE
);
COMMENT ON TABLE ingest.validation IS
    'What the checks of a suite counted in a block: a number a check, in the order of the suite.';

CREATE VIEW ingest.file_validation AS
SELECT v.file_id, v.suite_id, c.check_no,
       c.rule ->> 'type' AS type, c.rule ->> 'column' AS "column",
       c.rule -> 'kwargs' AS kwargs, c.rule ->> 'reason' AS reason,
       sum(v.evaluated)::bigint AS evaluated,
       sum(v.missing[c.check_no])::bigint AS missing,
       sum(v.unexpected[c.check_no])::bigint AS unexpected
FROM ingest.validation v
JOIN ingest.suite s USING (suite_id)
CROSS JOIN jsonb_array_elements(s.checks) WITH ORDINALITY AS c (rule, check_no)
GROUP BY v.file_id, v.suite_id, c.check_no, c.rule;
COMMENT ON VIEW ingest.file_validation IS
    'What each check came to in each file. evaluated, missing and unexpected count rows.';

GRANT SELECT ON ingest.suite, ingest.validation, ingest.file_validation
    TO penstock_loader, penstock_transformer, penstock_reader;
GRANT INSERT ON ingest.suite, ingest.validation TO penstock_loader;
"""


def upgrade() -> None:
    op.execute(VALIDATION.replace(":", "\\:"))
