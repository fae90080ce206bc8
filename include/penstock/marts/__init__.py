"""dbt, and what it builds from sealed rows."""
