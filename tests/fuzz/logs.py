"""Ugly access logs."""

import random
from dataclasses import replace
from datetime import timedelta, timezone

from penstock.datasets import get
from tests.fuzz.file import Row, Ugly
from tests.fuzz.rows import ALPHABET, EPOCH

LOG = replace(get("access_log"), name="ugly_log", folder="ugly_log", reject_when_bad=1)
LOG_COLUMNS = (
    *("virtual_host", "host", "auth_user", "requested_at", "path", "status", "size_bytes"),
    *("referrer", "user_agent", "more_fields"),
)


def log(seed: int, dice: random.Random) -> Ugly:
    rows: list[Row] = []
    bad: list[str] = []
    lines = []
    for _ in range(dice.choice((1, 3, 10, 40))):
        row = _request(dice)
        lines.append(_logged(dice, row))
        if dice.random() < 0.1:
            lines[-1] = dice.choice((lines[-1].replace("[", "(", 1), "-", "gone away"))
            bad.append(lines[-1])
        else:
            shown = row if row[-2] != "-" else (*row[:-1], "-")  # without an agent, no more fields
            rows.append(tuple("" if value == "-" else value for value in shown))
    plain = ("\n".join(lines) + "\n" * (dice.random() < 0.7)).encode()
    return Ugly(seed, "a.log", plain, plain, LOG, None, LOG_COLUMNS, LOG_COLUMNS, rows, bad)


def _request(dice: random.Random) -> Row:
    """A request in the order of `LOG_COLUMNS`."""
    alphabet = "".join(c for c in ALPHABET if c not in '"\\\n\r\t')

    def text(stops: str, *more: str) -> str:
        found = [*(c for c in alphabet if c not in stops), *more]
        return "".join(dice.choices(found, k=dice.choice((1, 5, 30))))

    moment = EPOCH + timedelta(seconds=dice.randrange(8 * 10**8, 4 * 10**9))
    combined = dice.random() < 0.7
    return (
        dice.choice(("-", "-", "shop.example:443")),
        dice.choice(("192.0.2.7", "2001:db8::1", "host.example", "::ffff:192.0.2.1")),
        dice.choice(("-", "ann", "ann lee", "DOM\\\\ann")),
        moment,
        "/" + text(" ", '\\"', "\\x22", "%20"),
        dice.randrange(100, 600),
        dice.choice((0, 5, 2**40)),
        dice.choice(("-", "https://example.org/" + text(""))) if combined else "-",
        "Mozilla/5.0 " + text("", '\\"', "\\x22") if combined else "-",
        dice.choice(("-", "12 0.5", '"x y" rt=0.1', 'a="b c" -')),
    )


def _logged(dice: random.Random, row: Row) -> str:
    host, client, user, moment, path, status, size, referrer, agent, more = row
    zone = timezone(timedelta(minutes=dice.choice((0, 60, -210))))
    time = moment.astimezone(zone).strftime("%d/%b/%Y:%H:%M:%S %z")
    line = f'{client} - {user} [{time}] "GET {path} HTTP/1.1" {status} {size}'
    if host != "-":
        line = f"{host} {line}"
    if agent != "-":
        line += f' "{referrer}" "{agent}"'
    return f"{line} {more}" if more != "-" and agent != "-" else line
