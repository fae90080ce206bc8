"""Marts: what dbt builds from sealed rows."""
