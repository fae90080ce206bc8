"""Where Penstock runs from: the checkout with `dags/`, `dbt_project/` and this package."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
