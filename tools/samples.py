"""Write the larger samples, which charts need: `python -m tools.samples`.

They land in `make demo` beside the small samples. All names are invented, and the same program
writes the same bytes.
"""

import csv
import gzip
import io
import math
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from penstock.intake.step_chains import messages

FOLDER = Path(__file__).parents[1] / "include" / "penstock" / "samples" / "charts"
FIRST_NAMES = [
    "Ada",
    "Ben",
    "Cleo",
    "Dora",
    "Emil",
    "Fay",
    "Gwen",
    "Hugo",
    "Ines",
    "Jon",
    "Kira",
    "Levi",
    "Mina",
    "Noor",
    "Otto",
    "Pia",
]
LAST_NAMES = [
    "Ash",
    "Brook",
    "Calder",
    "Dale",
    "Elm",
    "Ford",
    "Gale",
    "Hale",
    "Ives",
    "Kerr",
    "Lund",
    "Marsh",
    "Nye",
    "Orr",
    "Penn",
]
THINGS = [
    "lamp",
    "rug",
    "shelf",
    "stool",
    "vase",
    "clock",
    "bench",
    "crate",
    "mirror",
    "tray",
    "basket",
    "hook",
]
MATERIALS = ["oak", "ash", "birch", "wool", "linen", "steel", "clay", "glass", "cork", "brass"]
SIZES = ("small", "medium", "large", "")
COUNTRIES = [
    "jp",
    "de",
    "fr",
    "uk",
    "ca",
    "au",
    "br",
    "se",
    "nl",
    "it",
    "es",
    "pl",
    "fi",
    "no",
    "mx",
    "in",
    "za",
    "nz",
    "ch",
    "at",
    "kr",
    "pt",
]
PAGES = {"/": 40, "/missions/": 22, "/missions/orbit-12.html": 18, "/images/logo.gif": 30,
         "/history/": 12, "/history/first-flight.html": 8, "/facts/faq.html": 6,
         "/software/winvn.zip": 3, "/search?q=moon": 5, "/missing.html": 2}  # fmt: skip
Luck = random.Random


def main() -> None:
    """Write all files."""
    for path, make in FILES.items():
        target = FOLDER / path
        target.parent.mkdir(parents=True, exist_ok=True)
        luck = random.Random(path)  # noqa: S311 - no secret
        target.write_bytes(make(luck))


def moments(
    luck: Luck, first: datetime, days: float, count: int, peak: float = 14
) -> Iterator[datetime]:
    """`count` moments in order, few of them at night and most of them at the hour `peak`."""
    found: list[datetime] = []
    while len(found) < count:
        moment = first + timedelta(days=luck.random() * days)
        hour = moment.hour + moment.minute / 60
        if luck.random() < 0.12 + 0.88 * (1 + math.cos((hour - peak) / 12 * math.pi)) / 2:
            found.append(moment.replace(microsecond=0))
    yield from sorted(found)


def person(luck: Luck) -> str:
    return f"{luck.choice(FIRST_NAMES)} {luck.choice(LAST_NAMES)}"


def events(first: datetime, days: int, count: int) -> Callable[[Luck], bytes]:
    """Accounts, with a line in 250 that is cut short."""

    def make(luck: Luck) -> bytes:
        lines = []
        for moment in moments(luck, first, days, count):
            email = person(luck).lower().replace(" ", ".") + "@mail.example"
            line = f"{moment:%Y-%m-%dT%H:%M:%SZ} {email} s-{luck.getrandbits(32):08x}"
            lines.append(line[:24] if luck.random() < 0.004 else line)
        return ("\n".join(lines) + "\n").encode()

    return make


def votes(luck: Luck) -> bytes:
    """An election day with two rushes at ten kiosks; a few votes for nobody who stands."""
    first = datetime(2024, 5, 1, 7, tzinfo=UTC)
    rushes = [*moments(luck, first, 0.5, 1200, 9), *moments(luck, first, 0.5, 1500, 17)]
    lines = []
    for number, moment in enumerate(sorted(rushes)):
        early = moment.hour < 13
        candidate = luck.choices("1239", [5, 3 if early else 6, 2, 0.03])[0]
        kiosk = luck.choices(range(1, 11), [9, 8, 7, 7, 5, 5, 4, 3, 2, 1])[0]
        time = f"{moment:%Y-%m-%dT%H:%M:%S}.{number:06}Z"
        lines.append(f'{{"candidate":"{candidate}","vote_time":"{time}","kiosk_id":{kiosk}}}\n')
    return "".join(lines).encode()


def requests(first: datetime, days: int, count: int) -> Callable[[Luck], bytes]:
    """Requests from many countries; one hour in which the server fails; some cut lines."""

    def make(luck: Luck) -> bytes:
        hosts = [
            f"{kind}{n}.example.{luck.choices(COUNTRIES, range(len(COUNTRIES), 0, -1))[0]}"
            for n in range(40)
            for kind in ("cache", "dial", "lab")
        ]
        shares = [1 / (place + 3) for place in range(len(hosts))]
        failing = first + timedelta(days=days / 2)
        lines = []
        for moment in moments(luck, first, days, count, 15):
            host = luck.choices(hosts, shares)[0]
            path = luck.choices([*PAGES], [*PAGES.values()])[0]
            fails = failing <= moment < failing + timedelta(hours=3) and luck.random() < 0.6
            status = 404 if path == "/missing.html" else luck.choices([200, 304, 302], [8, 2, 1])[0]
            sent = "-" if status == 304 else luck.randint(200, 60_000)
            line = (
                f"{host} - - [{moment:%d/%b/%Y:%H:%M:%S +0000}] "
                f'"GET {path} HTTP/1.0" {503 if fails else status} {sent}'
            )
            lines.append(line[:60] if luck.random() < 0.002 else line)
        text = "\n".join(lines) + "\n"
        return gzip.compress(text.encode(), mtime=0)

    return make


def articles(luck: Luck) -> bytes:
    """Twelve articles."""
    rows = [["id", "title", "created_by", "updated_by"]]
    for number, subject in enumerate(THINGS):
        day = datetime(2017, 5, 1, 8, tzinfo=UTC) + timedelta(days=luck.randrange(10))
        title = f"How to mend a {subject}"
        rows.append([str(222200 + number), title, f"{day:%Y-%m-%d %H:%M:%S}", ""])
    return _csv(rows)


def clicks(luck: Luck) -> bytes:
    """Six weeks of installs. Users come back less often from day to day, and like articles."""
    first = datetime(2017, 5, 1, tzinfo=UTC)
    rows = []
    popular = [1 / (place + 1) for place in range(len(THINGS))]
    for number, moment in enumerate(moments(luck, first, 42, 700, 19)):
        user = f"reader{number}"
        rows.append((moment, user, "FIRST_INSTALL", ""))
        loyal = luck.uniform(0.25, 0.95)
        for day in range(1, 12):
            if luck.random() < loyal * 0.8**day + 0.04:
                back = moment + timedelta(days=day, minutes=luck.randint(-300, 90))
                action = luck.choice(["LOG_IN", "LIKE_ARTICLE", "LIKE_ARTICLE"])
                article = luck.choices(range(len(THINGS)), popular)[0]
                liked = str(222200 + article) if action == "LIKE_ARTICLE" else ""
                rows.append((back, user, action, liked))
    rows.sort()
    rows[500] = (rows[500][0], "", "LOG_IN", "")
    header = ["userId", "time", "action", "objectId"]
    return _csv([header, *([u, f"{at:%Y-%m-%d %H:%M:%S}", a, o] for at, u, a, o in rows)])


def catalogue(luck: Luck) -> bytes:
    """Names that repeat, and a sku that is too long."""
    rows = [["name", "sku", "description"]]
    makers = [person(luck) for _ in range(40)]
    shares = [1 / (place + 2) for place in range(len(makers))]
    for number in range(600):
        thing, material, size = luck.choice(THINGS), luck.choice(MATERIALS), luck.choice(SIZES)
        sku = "-".join(filter(None, (thing, material, size, str(number))))
        text = f"A {size} {thing} of {material}, made by hand.".replace("  ", " ")
        rows.append([luck.choices(makers, shares)[0], sku, text])
    rows[77][1] = "sku-" + "much-too-long-" * 10
    return _csv(rows)


def chains(luck: Luck) -> bytes:
    """The chains of sixty numbers, and one message that is none."""
    numbers = sorted(luck.sample(range(2, 400), 60))
    lines = [line for number in numbers for line in messages(number)]
    return "".join([*lines, "keepalive\n"]).encode()


def a_person(luck: Luck) -> bytes:
    """One of any age between 5 and 90."""
    born = datetime(2020, 1, 1, tzinfo=UTC) - timedelta(
        days=int(luck.triangular(0, 31_000, 12_000))
    )
    first, last = person(luck).split()
    stamp = int(born.timestamp() * 1000)
    return f"first_name, last_name, birthts\n{first}, {last}, {stamp}\n".encode()


def an_image(luck: Luck) -> bytes:
    """A head and shoulders in two colours, as a PNG of 96 by 96 pixels."""
    behind, shape = (bytes(luck.randrange(low, low + 90) for _ in "rgb") for low in (150, 20))
    rows = []
    for y in range(96):
        head = [(x - 48) ** 2 + (y - 38) ** 2 < 400 for x in range(96)]
        body = [(x - 48) ** 2 + (y - 104) ** 2 < 1700 for x in range(96)]
        rows.append(
            b"\0" + b"".join(shape if a or b else behind for a, b in zip(head, body, strict=True))
        )
    header = struct.pack(">IIBBBBB", 96, 96, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def _csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


FILES: dict[str, Callable[[Luck], bytes]] = {
    "events/accounts-2024-05-week-19.txt": events(_day("2024-05-06"), 7, 2200),
    "events/accounts-2024-05-week-20.txt": events(_day("2024-05-13"), 7, 2600),
    "events/accounts-2024-05-20.txt": events(_day("2024-05-20"), 1, 600),
    "votes/kiosks-2024-05-01-day.jsonl": votes,
    "access_log/access_log_2024-05.gz": requests(_day("2024-05-01"), 10, 6000),
    "articles/articles-2017-05.csv": articles,
    "clickstream/clicks-2017-05.csv": clicks,
    "products/catalogue-2024-06-01.csv": catalogue,
    "step_chains/chains-c.jsonl": chains,
    **{f"people/{user}.csv": a_person for user in range(3001, 3025)},
    **{f"people_images/{user}.png": an_image for user in range(3001, 3025) if user % 3},
}

if __name__ == "__main__":
    main()
