"""The API: the marts to read, files to upload, votes to cast. It runs alone and inside Airflow."""
