"""Declarations of datasets: columns, formats and expectations. Quick to import for DAG files."""
