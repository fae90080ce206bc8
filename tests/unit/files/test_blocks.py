"""Blocks: whatever the text and the block size, they are the file and begin where records begin."""

import gzip
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from penstock.errors import RejectFile
from penstock.files import blocks
from penstock.files.blocks import Shape
from penstock.files.exact import Grammar
from tests.unit import oracle

QUOTED = {"grammar": Grammar(width=2)}


def cut(data: bytes, size: int, limit: int = 1 << 20, **how: Grammar) -> list[blocks.Block]:
    return list(blocks.cut(io.BytesIO(data), Shape(size, limit, **how)))


@given(oracle.texts, st.integers(1, 100))
@example('a"b\nc,d\n' * 3, 4)
@example('"a\r\n""b",c\r\nd,e', 3)
@example('a,"b\nc,d\ne,f\n', 5)
@example("a\rb\rc\r\nd\re\r", 2)
def test_blocks_are_the_file_and_begin_on_records(text: str, size: int) -> None:
    data = text.encode()
    if oracle.is_rejected(text, width=2):
        with pytest.raises(RejectFile, match=r"^line \d+: column \d+: a quote is opened and never"):
            cut(data, size, **QUOTED)
        return
    found = cut(data, size, **QUOTED)
    assert b"".join(data[b.first_byte : b.last_byte] for b in found) == data
    records = oracle.read(text, width=2)
    for block in found:
        assert block.size > 0
        before, inside = (data[:end].decode() for end in (block.first_byte, block.last_byte))
        within = [r for r in records if len(before) <= r.start < len(inside)]
        assert not before or before[-1] in "\r\n"
        read = oracle.read(inside[len(before) :], width=2)
        assert [(r.raw, r.fields) for r in read] == [(r.raw, r.fields) for r in within]
        assert [r.line + block.first_line - 1 for r in read] == [r.line for r in within]


@given(st.text(st.sampled_from('ab" \r\n'), max_size=60), st.integers(1, 40))
def test_without_quotes_every_newline_may_end_a_block(text: str, size: int) -> None:
    data = text.encode()
    found = cut(data, size)
    assert b"".join(data[b.first_byte : b.last_byte] for b in found) == data
    for block in found:
        before = data[: block.first_byte]
        assert not before or before.endswith(b"\n")
        assert block.first_line == before.count(b"\n") + 1


def test_blocks_are_about_the_size_asked_for() -> None:
    data = b'1,"a\nb"\n' * 10_000
    sizes = [b.size for b in cut(data, 8_000, **QUOTED)]
    assert len(sizes) == 10
    assert max(sizes) <= 8_000 + 8


def test_a_record_longer_than_a_block_stays_whole() -> None:
    long = b'"' + b"x\n" * 500 + b'"\n'
    found = cut(b"a\n" + long + b"b\n", 100, **QUOTED)
    assert found[-1].first_byte == 2
    assert found[-1].last_byte == 2 + len(long) + 2


@pytest.mark.parametrize("before", ["", 'a "stray" quote\n'], ids=["parity", "exactly"])
def test_a_record_over_the_limit_rejects_the_file(before: str) -> None:
    data = (before + 'a\n"' + "x" * 5_000).encode()
    line = 2 + before.count("\n")
    with pytest.raises(RejectFile, match=rf"^line {line}: .* longer than 1,000 bytes .*quote"):
        cut(data, 100, 1_000, **QUOTED)


def test_a_stray_quote_does_not_glue_the_rest_of_the_file_together() -> None:
    data = b'5" pipe,1\n' + b"hose,2\n" * 5_000
    found = cut(data, 100, 1_000, **QUOTED)
    assert len(found) > 100
    assert found[-1].last_byte == len(data)


def test_a_stream_that_gives_less_than_asked_is_read_on() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 3))

    data = b"one\ntwo\nthree\n" * 20
    shape = Shape(50, 100)
    assert list(blocks.cut(Slow(data), shape)) == cut(data, 50, 100)
    with gzip.open(io.BytesIO(gzip.compress(data))) as zipped:
        assert list(blocks.cut(zipped, shape)) == cut(data, 50, 100)
