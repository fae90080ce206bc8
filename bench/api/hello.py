"""The measure: the least that FastAPI can answer."""

from fastapi import FastAPI

app = FastAPI(openapi_url=None)


@app.get("/hello")
async def hello() -> dict[str, str]:
    """Nothing but an answer."""
    return {"hello": "world"}
