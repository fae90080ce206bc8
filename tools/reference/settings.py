"""The page of settings, from their declarations."""

from tools.reference.markdown import code, page, table

from penstock.settings import Settings

INTRODUCTION = """
Penstock reads all settings from environment variables. On a server without containers they stand
in `/etc/penstock.env`, with containers in `.env`.

Two variables of Airflow matter, too: `AIRFLOW__DATABASE__SQL_ALCHEMY_CONN` points Airflow's
metadata at an external Postgres, and the Airflow connection `warehouse`, given as
`AIRFLOW_CONN_WAREHOUSE` (a URI, or Airflow's JSON), stands in for `PENSTOCK_WAREHOUSE_URL`.
"""


def settings_page() -> str:
    """Every setting with its default and meaning."""
    rows = [
        (code(f"PENSTOCK_{name.upper()}"), code(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return page("Settings", INTRODUCTION, table(("Setting", "Default", "Meaning"), rows))
