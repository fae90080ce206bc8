"""The rules by which records were refused, and how many by each: millions are grouped at once."""

from alembic import op

revision = "0023"
down_revision = "0022"

# A rule is a reason without the value that was found; from now on the loader writes it.
RULES = r"""
ALTER TABLE ingest.quarantine ADD COLUMN rules text[];
UPDATE ingest.quarantine SET rules = ARRAY(
    SELECT DISTINCT regexp_replace(
        regexp_replace(
            regexp_replace(reason, '^([a-z0-9_.]+|column [0-9]+): .*, (expected .*)$', '\1: \2'),
            '(, found | at character [0-9]+$).*$', ''),
        '(: )character [0-9]+: |^(prepare: \w+): .*$|^(column [0-9]+: )found .*, but it ', '\1\2\3')
    FROM unnest(reasons) AS reason);
ALTER TABLE ingest.quarantine ALTER COLUMN rules SET NOT NULL;
COMMENT ON COLUMN ingest.quarantine.rules IS
    'The rules by which it was refused: its reasons without the values found.';
CREATE INDEX quarantine_by_dataset ON ingest.quarantine (dataset, file_id, line);
CREATE INDEX quarantine_by_rule ON ingest.quarantine USING gin (rules);
"""

COUNTS = """
CREATE TABLE ingest.refusal (
    dataset text NOT NULL,
    rule    text NOT NULL,
    file_id bigint NOT NULL REFERENCES ingest.file,
    day     date NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')::date,
    records bigint NOT NULL
);
COMMENT ON TABLE ingest.refusal IS
    'How many records were refused by each rule: a row for each batch of records of a file.';
COMMENT ON COLUMN ingest.refusal.dataset IS 'Name of the dataset.';
COMMENT ON COLUMN ingest.refusal.rule IS 'The rule, as in the column rules of the quarantine.';
COMMENT ON COLUMN ingest.refusal.file_id IS 'The file that holds the records.';
COMMENT ON COLUMN ingest.refusal.day IS 'The day in UTC on which they were refused.';
COMMENT ON COLUMN ingest.refusal.records IS
    'Number of records of the batch; a record with several rules counts once with each.';
INSERT INTO ingest.refusal (dataset, rule, file_id, day, records)
SELECT dataset, rule, file_id, (quarantined_at AT TIME ZONE 'UTC')::date, count(*)
FROM ingest.quarantine, unnest(rules) AS rule
GROUP BY 1, 2, 3, 4;
CREATE INDEX refusal_by_rule ON ingest.refusal (dataset, rule, file_id);
CREATE INDEX refusal_by_file ON ingest.refusal (file_id);
GRANT SELECT ON ingest.refusal TO penstock_loader, penstock_transformer, penstock_reader;
GRANT INSERT ON ingest.refusal TO penstock_loader;
"""


def upgrade() -> None:
    for statements in (RULES, COUNTS):
        op.get_bind().exec_driver_sql(statements)
