"""Serves the API and the pages together: `penstock serve`, and the app that Airflow mounts."""
