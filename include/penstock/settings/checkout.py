"""Finds the checkout that Penstock runs from: `dags/`, `dbt_project/` and this package."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
