"""The API: query marts, upload files, cast votes. It runs alone or inside Airflow."""
