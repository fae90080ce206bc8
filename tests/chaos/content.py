"""Files whose fate is known byte by byte: which rows the marts must show, which lines are refused.

Every row has a key of its own, so the marts are the same in whatever order files arrive.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from penstock.intake.step_chains import values

Row = tuple[str, ...]

MARTS = {
    "events": "SELECT email FROM marts.events",
    "products": "SELECT sku, name, description FROM marts.products",
    "articles": "SELECT id, title FROM marts.articles",
    "clickstream": "SELECT user_id, action FROM marts.clickstream",
    "votes": "SELECT candidate, kiosk_id, extract(microseconds FROM vote_time)::bigint"
    " FROM marts.votes",
    "step_chains": "SELECT number, step, value FROM marts.step_chains",
    "access_log": "SELECT host, path FROM marts.access_log_requests",
    "people": "SELECT user_id, first_name FROM marts.people",
    "people_images": "SELECT user_id, img_path FROM marts.people WHERE img_path IS NOT NULL",
}
"""What of each dataset is compared, in the order of `Content.rows`."""


@dataclass(frozen=True)
class Content:
    """A file: where it lands below its dataset's folder, its bytes, and what must come of them."""

    path: str
    data: bytes
    rows: frozenset[Row]
    bad_lines: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Record:
    """A record as text; `row` is what a mart shows of it, None where another record replaces it."""

    text: str
    row: Row | None = None
    is_bad: bool = False


def make(dataset: str, number: int, luck: random.Random) -> Content:
    """The file `number` of `dataset`; no other file has rows in common with it."""
    return _MAKERS[dataset](number, luck)


def _events(number: int, luck: random.Random) -> Content:
    emails = [f"f{number}-{n}@example.org" for n in range(luck.choice([1, 40, 3000]))]
    good = [Record(f"2024-01-01T00:00:00Z {email} s", (email,)) for email in emails]
    return _file(f"{number}.txt", "", _mixed(good, "null", luck))


def _products(number: int, luck: random.Random) -> Content:
    records = []
    for n in range(luck.choice([1, 40, 2000])):
        sku = f"sku-{number}-{n}"
        if luck.random() < 0.2:
            records.append(Record(f"Old Name,{sku},replaced below"))
        row = (sku, f"Name {n}", f'one, "two"\nthree {n}')
        quoted = row[2].replace('"', '""')
        records.append(Record(f'{row[1]},{sku},"{quoted}"', row))
    bad = [Record("surplus,of,fields,here", is_bad=True)] * luck.choice([0, 0, 1])
    return _file(f"{number}.csv", "name,sku,description", [*records, *bad])


def _articles(number: int, luck: random.Random) -> Content:
    rows = [(f"a{number}-{n}", f"Title {n}") for n in range(luck.choice([1, 30]))]
    good = [Record(f"{id_},{title},2024-01-01T00:00:00Z,", (id_, title)) for id_, title in rows]
    header = "id,title,created_by,updated_by"
    return _file(f"{number}.csv", header, _mixed(good, "x,y,no time,", luck))


def _clickstream(number: int, luck: random.Random) -> Content:
    rows = [(f"u{number}-{n}", "LOG_IN") for n in range(luck.choice([1, 30]))]
    good = [
        Record(f"{user},2024-01-01T00:00:00Z,{action},", (user, action)) for user, action in rows
    ]
    again = luck.choices([Record(record.text) for record in good], k=2)
    header = "userId,time,action,objectId"
    return _file(f"{number}.csv", header, _mixed([*good, *again], "u,2024,DANCE,", luck))


def _votes(number: int, luck: random.Random) -> Content:
    good = [vote(number, n, luck) for n in range(luck.choice([1, 40, 1000]))]
    again = luck.choices([Record(record.text) for record in good], k=2)
    return _file(f"{number}.jsonl", "", _mixed([*good, *again], '{"candidate": "9"}', luck))


def vote(kiosk: int, microseconds: int, luck: random.Random) -> Record:
    """A vote as JSON, cast `microseconds` after a minute began."""
    candidate = luck.choice("123")
    time = f"2024-01-01T00:00:00.{microseconds:06}Z"
    text = f'{{"candidate":"{candidate}","vote_time":"{time}","kiosk_id":{kiosk}}}'
    return Record(text, (candidate, str(kiosk), str(microseconds)))


def _step_chains(number: int, luck: random.Random) -> Content:
    start = 1_000_000 + number
    good = [
        Record(
            f'{{"Number":{start},"Step":{step},"Value":{value}}}',
            (str(start), str(step), str(value)),
        )
        for step, value in enumerate(values(start))
    ]
    luck.shuffle(good)
    return _file(f"{number}.jsonl", "", _mixed(good, "keepalive", luck))


def _access_log(number: int, luck: random.Random) -> Content:
    rows = [(f"h{number}.example.de", f"/{n}") for n in range(luck.choice([1, 40, 1000]))]
    tail = 'HTTP/1.0" 200 17'
    good = [
        Record(f'{host} - - [01/Aug/1995:00:00:01 -0400] "GET {path} {tail}', (host, path))
        for host, path in rows
    ]
    return _file(f"{number}.log", "", _mixed(good, "cut sho", luck))


def _people(number: int, luck: random.Random) -> Content:
    row = (f"u{number}", f"First {luck.randint(1, 9)}")
    records = [Record("Older, Row, 0"), Record(f"{row[1]}, Lee, 612302400000", row)]
    return _file(f"u{number}.csv", "first_name, last_name, birthts", records)


def _people_images(number: int, luck: random.Random) -> Content:
    path = f"u{number}.png"
    return Content(path, luck.randbytes(9), frozenset({(f"u{number}", path)}))


_MAKERS: dict[str, Callable[[int, random.Random], Content]] = {
    "events": _events,
    "products": _products,
    "articles": _articles,
    "clickstream": _clickstream,
    "votes": _votes,
    "step_chains": _step_chains,
    "access_log": _access_log,
    "people": _people,
    "people_images": _people_images,
}


def _mixed(good: list[Record], bad: str, luck: random.Random) -> list[Record]:
    """Bad records among the good, fewer than would have the file rejected."""
    count = min(luck.choice([0, 1, 5]), len(good) // 2)
    records = [*good, *[Record(bad, is_bad=True)] * count]
    luck.shuffle(records)
    return records


def _file(path: str, header: str, records: Iterable[Record]) -> Content:
    texts = [header] if header else []
    line, rows, bad = 1 + len(texts), set(), set()
    for record in records:
        if record.is_bad:
            bad.add(line)
        elif record.row:
            rows.add(record.row)
        texts.append(record.text)
        line += 1 + record.text.count("\n")
    return Content(path, "\n".join([*texts, ""]).encode(), frozenset(rows), frozenset(bad))
