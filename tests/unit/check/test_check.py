"""`penstock check`: what would become of a file, told without a warehouse."""

import gzip
import json
import re
import zipfile
from pathlib import Path

import pytest

from penstock.check import Report, check, check_all, dataset_for, page
from penstock.check.report import MOST_EXAMPLES, MOST_RAW, MOST_REASONS
from penstock.cli import check as command_line
from penstock.datasets import get
from penstock.errors import PenstockError
from penstock.settings import settings
from tests.programs import PENSTOCK, Done, run

PRODUCTS = get("products")
pytestmark = pytest.mark.usefixtures("bare_home")


def checked(folder: Path, data: bytes, name: str = "a.csv") -> Report:
    place = folder / name
    place.write_bytes(data)
    return check(PRODUCTS, name, place)


def command(*arguments: str | Path) -> Done:
    return run(PENSTOCK, "check", *arguments)


def test_reasons_are_counted_over_all_blocks_with_the_first_examples(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PENSTOCK_BLOCK_BYTES", "4096")
    settings.cache_clear()
    rows = [f"n,{'' if n % 3 == 0 else f's{n}'},{'d' * 50}" for n in range(999)]
    seen: list[tuple[int, int]] = []
    place = tmp_path / "a.csv"
    place.write_text("\n".join(["name,sku,description", *rows]))

    report = check(PRODUCTS, "a.csv", place, lambda *done: seen.append(done))

    assert (report.records, report.good, report.bad) == (999, 666, 333)
    assert report.rejected is None and not report.passes
    reason = next(r for r in report.reasons if r.kind == "sku: is empty")
    assert (reason.column, reason.records) == ("sku", 333)
    assert [example.line for example in reason.examples] == [2, 5, 8][:MOST_EXAMPLES]
    assert len(seen) > 3 and seen == sorted(seen)
    assert seen[-1] == (place.stat().st_size,) * 2


def test_memory_of_reasons_and_records_is_bounded(tmp_path) -> None:
    wide = ",".join("x" * 3 for _ in range(2000))
    report = checked(
        tmp_path, b"name,sku,description\n" + b"".join(
            b"," * n + b"\n" for n in range(3, MOST_REASONS + 100)) + wide.encode()
    )  # fmt: skip
    assert report.rejected
    assert len(report.reasons) <= MOST_REASONS + 1
    assert sum(r.records for r in report.reasons) >= report.bad
    raws = [example.raw for reason in report.reasons for example in reason.examples]
    assert max(map(len, raws)) <= MOST_RAW + 1


def test_a_rejected_file_says_why_and_leaves_nothing_behind(tmp_path, bare_home) -> None:
    data = gzip.compress(b"name,sku,description\na,b,c\n")
    report = checked(tmp_path, data[:-5], "a.csv.gz")
    assert "gzip" in (report.rejected or "")
    assert (report.records, report.verdict) == (0, "rejected")
    assert checked(tmp_path, data, "b.csv.gz").passes
    assert not [p for p in bare_home.rglob("*") if p.is_file()]


def test_the_dataset_is_found_by_name_and_header(tmp_path) -> None:
    def found(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return dataset_for(tmp_path / name).name

    assert found("a.txt", "") == "events"
    assert found("a.csv", "name,sku,description\na,b,c\n") == "products"
    assert found("b.csv", "candidate,vote_time,kiosk_id\n1,2026-01-01,1\n") == "votes"
    with pytest.raises(PenstockError, match="products: line 1: missing column") as none:
        found("c.csv", "a,b\n1,2\n")
    assert none.value.exit_code == 2
    with pytest.raises(PenstockError, match="no dataset takes files of this name"):
        found("a.unknown", "a,b\n1,2\n")
    with pytest.raises(PenstockError, match="a file of products, votes"):
        found("d.csv", "name,sku,candidate,vote_time,kiosk_id\na,b,1,2026-01-01,1\n")


def test_the_page_escapes_what_files_say_and_needs_nothing_from_elsewhere(tmp_path) -> None:
    evil = b"</code><script>alert(1)</script>{{ 7 * 7 }}\x1b[2J"
    report = checked(tmp_path, b"name,sku,description\n" + evil + b"\nx,y,z\n", "<img src=x>.csv")
    text = page([report, checked(tmp_path, b"name,sku,description\na,b,c\n", "good.csv")])

    assert "<script" not in text and "<img" not in text and "\x1b" not in text
    assert "&lt;script&gt;" in text and "{{ 7 * 7 }}" in text and "\\x1b[2J" in text
    assert not re.search(r"(?:src|href)=\"(?!#)", text)
    assert "prefers-color-scheme: dark" in text and '<html lang="en">' in text
    assert text.count("<h1") == 1 and 'scope="col"' in text and 'tabindex="0"' in text


def test_the_command_needs_no_warehouse_and_its_exit_code_serves_ci(tmp_path, bare_home) -> None:
    (tmp_path / "good.csv").write_text("name,sku,description\na,b,c\n")
    (tmp_path / "bad.csv").write_text("name,sku,description\na,b,c\nd,e,f\nq\n")
    target = tmp_path / "report.html"

    good = command("products", tmp_path / "good.csv")
    assert (good.returncode, good.stderr) == (0, "")
    assert "1 record" in good.stdout and "sealed" in good.stdout

    bad = command(tmp_path / "good.csv", tmp_path / "bad.csv", "--json", "--html", target)
    assert (bad.returncode, bad.stderr) == (1, "")
    first, second = json.loads(bad.stdout)
    assert (first["dataset"], first["verdict"], first["bad"]) == ("products", "sealed", 0)
    assert (second["good"], second["reasons"][0]["examples"][0]["line"]) == (2, 4)
    assert "bad.csv" in target.read_text()

    assert command(tmp_path / "bad.csv", "--dataset", "events").returncode == 1
    assert command(tmp_path / "gone.csv").returncode == 1
    assert not (bare_home / "postgres").exists()


def test_of_an_archive_each_member_is_checked(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("one.csv", "name,sku,description\na,b,c\n")
        archive.writestr("deep/two.csv", "name,sku,description\nq\n")
        archive.writestr("readme.md", "no data")

    one, two = check_all(PRODUCTS, "a.zip", tmp_path / "a.zip")
    assert (one.path, one.passes) == ("a.zip/one.csv", True)
    assert (two.path, two.bad) == ("a.zip/deep/two.csv", 1)

    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04")
    (broken,) = check_all(PRODUCTS, "b.zip", tmp_path / "b.zip")
    assert "damaged" in (broken.rejected or "")
    with pytest.raises(PenstockError, match="say which with --dataset"):
        dataset_for(tmp_path / "a.zip")


def test_a_terminal_is_never_sent_what_a_name_or_a_header_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "e\x1b[31mvil.csv"
    place.write_text("name,sku,a\x1b[2Jb\nAnn,x,1\n")
    command_line.show_reports(command_line.check("products", [place], quiet=True), as_json=False)
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert r"e\x1b[31mvil.csv, as products" in shown
