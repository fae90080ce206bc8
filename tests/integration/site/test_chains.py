"""The page of step chains gives every value exactly, however large."""

import csv
import io
import json
import re

from starlette.testclient import TestClient

from penstock.marts import build
from tests.integration.site.conftest import partial
from tests.pipeline import ingest, land


def _steps(number: int) -> list[int]:
    values = [number]
    while values[-1] != 1:
        values.append(values[-1] // 2 if values[-1] % 2 == 0 else 3 * values[-1] + 1)
    return values


def _load(*numbers: int) -> None:
    messages = [
        json.dumps({"Number": number, "Step": step, "Value": value})
        for number in numbers
        for step, value in enumerate(_steps(number))
    ]
    land("step_chains", "chains.jsonl", "\n".join(messages).encode())
    ingest("step_chains")
    build.build("step_chains")


def _rows(client: TestClient, address: str) -> list[dict[str, str]]:
    answer = client.get(f"/ui/chains/{address}")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_longest_and_the_highest_are_told(site: TestClient) -> None:
    _load(27, 54, 871, 97)
    page = site.get("/ui/chains").text
    assert "<strong>871</strong> has the longest chain, <strong>178 steps</strong>" in page
    assert "and climbs highest, to <strong>190,996</strong>" in page
    longest = [(row["number"], row["steps"]) for row in _rows(site, "longest.csv")]
    assert longest == [("871", "178"), ("97", "118"), ("54", "112"), ("27", "111")]
    assert [row["number"] for row in _rows(site, "highest.csv")] == ["871", "27", "54", "97"]


def test_values_beyond_64_bits_are_exact(full_site: TestClient) -> None:
    number = 12327829503
    highest = max(_steps(number))
    assert highest > 2**64
    page = full_site.get(f"/ui/chains?number={number}").text
    assert f"{highest:,}" in page
    assert "10¹⁵" in page
    rows = _rows(full_site, f"{number}/values.csv")
    assert [int(row["value"]) for row in rows] == _steps(number)
    (holder,) = full_site.get(f"/ui/chains?value={highest}", headers=partial("results")).text.split(
        f"Numbers whose chains hold {highest}"
    )[1:]
    assert f">{number:,}</a>" in holder


def test_a_chain_is_drawn_with_its_numbers(site: TestClient) -> None:
    _load(17, 27)
    page = site.get("/ui/chains?number=17", headers=partial("results")).text
    assert "<h1>" not in page
    table = re.findall(r'<th scope="row">(\d+)</th><td class="number">(\d+)</td>', page)
    assert table == [(str(step), str(value)) for step, value in enumerate(_steps(17))]


def test_whose_chain_holds_a_value(site: TestClient) -> None:
    _load(17, 9, 8)
    page = site.get("/ui/chains?value=52", headers=partial("results")).text
    holders = page[page.index("Chains that hold 52") :]
    numbers = re.findall(r'>(\d+)</a></td><td class="number">(\d+)<', holders)
    assert numbers == [("9", str(_steps(9).index(52))), ("17", "1")]
    assert "No other complete chain holds 51." in site.get("/ui/chains?value=51").text
    assert site.get("/ui/chains?value=1 OR 1").status_code == 422


def test_chains_are_counted_by_their_steps(site: TestClient) -> None:
    _load(1, 2, 4, 8, 5, 32)
    page = site.get("/ui/chains").text
    chart = page[page.index("Chains by their number of steps") :]
    counts = re.findall(r'<th scope="row">(\d+)</th><td class="number">(\d+)</td>', chart)
    assert counts == [("0", "1"), ("1", "1"), ("2", "1"), ("3", "1"), ("4", "0"), ("5", "2")]


def test_an_unknown_chain_is_told(site: TestClient) -> None:
    _load(17)
    assert "No complete chain of 18." in site.get("/ui/chains?number=18").text
    assert site.get("/ui/chains/18/values.csv").text == "step,value\r\n"
    assert site.get("/ui/chains/shortest.csv").status_code == 404


def test_before_the_first_file_the_page_says_what_to_do(site: TestClient) -> None:
    page = site.get("/ui/chains").text
    assert "No complete chains yet." in page
    assert "/ui/upload?dataset=step_chains" in page
