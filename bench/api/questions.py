"""What the pages ask the marts, and how long the warehouse takes to answer, at full size."""

import time
from statistics import median, quantiles

import psycopg

PRODUCTS = 5_000_000
SEARCHES = (
    "a", "x", "be", "lion", "apple bag", "ann", "ann c", "george fair", "fairwell", "nobody",
    "camp like bag apple", "hot-area-card-can", "h a c", "лена", "100%", "' or 1=1", "a:*&|!b",
    "z z z",
)  # fmt: skip
_SEARCH = "SELECT * FROM marts.product_search(%s, %s, 11)"
_HISTOGRAM = "SELECT * FROM marts.event_histogram(%s, %s, %s)"

# Plain lists: a page that asks something else adds its question here.
QUESTIONS: dict[str, list[tuple[str, tuple[object, ...]]]] = {
    "products: search": [
        (_SEARCH, (search, after)) for search in SEARCHES for after in ("", "hot", "zz")
    ],
    "products: top names and totals": [
        ("SELECT * FROM marts.product_top_names ORDER BY product_count DESC, name LIMIT 15", ()),
        ("SELECT * FROM marts.product_totals", ()),
    ],
    "events: histogram": [
        (_HISTOGRAM, (None, "-infinity", "infinity")),
        (_HISTOGRAM, ("events-10000000.txt", "-infinity", "infinity")),
        (_HISTOGRAM, (None, "2000-01-03", "2000-01-07")),
        (_HISTOGRAM, (None, "2000-02-03", "2000-02-03 01:00")),
    ],
    "events: files": [("SELECT * FROM marts.event_files ORDER BY last_time DESC LIMIT 100", ())],
}


def ask(url: str, times: int) -> dict[str, dict[str, float]]:
    """Median and p95 in ms of each group of questions, asked `times` times one after the other."""
    with psycopg.connect(url, autocommit=True) as connection:
        return {
            f"Warehouse, {name}": _figures(
                [_asked(connection, *question) for _ in range(times) for question in questions]
            )
            for name, questions in QUESTIONS.items()
        }


def _asked(connection: psycopg.Connection, query: str, values: tuple[object, ...]) -> float:
    began = time.perf_counter()
    connection.execute(query.encode(), values).fetchall()
    return (time.perf_counter() - began) * 1000


def _figures(taken: list[float]) -> dict[str, float]:
    return {"p50_ms": round(median(taken), 2), "p95_ms": round(quantiles(taken, n=20)[18], 2)}
