"""The old way: Flask, and pandas' `to_sql` for each vote. For .venv-bench."""

import os
from datetime import UTC, datetime

import pandas as pd
from flask import Flask, request
from sqlalchemy import create_engine, text

app = Flask(__name__)
_engine = create_engine(os.environ["BENCH_URL"])
with _engine.begin() as _connection:  # or the first votes would all try to make it
    _connection.execute(text("SELECT pg_advisory_xact_lock(1)"))
    _connection.execute(
        text(
            "CREATE TABLE IF NOT EXISTS old_votes"
            " (candidate text, vote_time text, kiosk_id bigint, received_at timestamptz)"
        )
    )


@app.post("/votes")  # type: ignore[untyped-decorator]  # Flask is in .venv-bench alone
def vote() -> dict[str, str]:
    """Insert a vote."""
    row = {**request.get_json(), "received_at": datetime.now(UTC)}
    pd.DataFrame([row]).to_sql("old_votes", _engine, if_exists="append", index=False)
    return {"status": "SUCCESS"}
