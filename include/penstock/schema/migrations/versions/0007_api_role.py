"""The API has a role of its own: it reads as readers do, and the keys; it can write nothing."""

from alembic import op

revision = "0007"
down_revision = "0006"

ROLE = """
DO $$
DECLARE login text;
BEGIN
    BEGIN
        CREATE ROLE penstock_api NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;  -- roles belong to the server: another warehouse on it made this one
    END;
    IF NOT pg_has_role('penstock_api', 'penstock_reader', 'USAGE') THEN
        BEGIN
            GRANT penstock_reader TO penstock_api;
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE EXCEPTION 'a superuser must first run: GRANT penstock_reader TO penstock_api';
        END;
    END IF;
    -- What could act as the loader could be the API, and still can.
    FOR login IN
        SELECT DISTINCT member::regrole::text FROM pg_auth_members
        WHERE roleid = 'penstock_loader'::regrole
            AND NOT pg_has_role(member, 'penstock_api', 'MEMBER')
    LOOP
        BEGIN
            EXECUTE 'GRANT penstock_api TO ' || login;
        EXCEPTION WHEN insufficient_privilege THEN
            NULL;  -- then it does not serve the API
        END;
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA api TO penstock_api;
GRANT SELECT ON api.key TO penstock_api;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(ROLE)
