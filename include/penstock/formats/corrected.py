"""Writes a file of corrected records, as the file that they came from is written."""

from collections.abc import Sequence

from penstock.declare.dataset import Dataset
from penstock.declare.formats import Csv, FixedWidth, Json, JsonLines, Lines
from penstock.declare.logs.w3c import W3C
from penstock.errors import PenstockError
from penstock.files.encodings import BOM


def corrected(
    dataset: Dataset,
    path: str,
    columns: Sequence[str] | None,
    dialect: Csv | None,
    records: Sequence[str],
) -> bytes:
    r"""A file in UTF-8 with these `records`, each as text of its own.

    `path`, `columns` and `dialect` are those of the file that they came from, as the ledger has
    them. Line ends in a record are written as `\n`, whatever a form makes of them.

    Raises:
        PenstockError: the format is binary, so that a corrected file has to be uploaded; there is
            no record, or one has a line end where the format allows none.
    """
    texts = [record.replace("\r\n", "\n").rstrip("\n") for record in records]
    if not texts:
        raise PenstockError("expected at least one record")
    match dataset.format_of(path):
        case Csv() as form:
            text = _csv(form, dialect or form, columns or [], texts)
        case Lines() | FixedWidth() | JsonLines():
            text = _lines(texts)
        case Json() as form:
            text = _json(form, texts)
        case W3C():
            text = f"#Fields: {_fields(columns or [])}\n{_lines(texts)}"
        case _:
            raise PenstockError(f"{path} is not text: upload a corrected file instead")
    mark = BOM if dataset.encoding else b""  # else it would be read in the declared encoding
    return mark + text.encode()


def _csv(declared: Csv, form: Csv, columns: Sequence[str], texts: Sequence[str]) -> str:
    above = "\n" * (declared.skip or 0)
    header = [_header(declared, form, columns)] if form.header else []
    return above + "".join(f"{text}\n" for text in [*header, *texts])


def _header(declared: Csv, form: Csv, columns: Sequence[str]) -> str:
    """The header, by which a reader detects the same dialect again."""
    separator, quote = form.separator or ",", form.quote or ""
    shows_marks = quote and (form.quote, form.strip) != (declared.quote, declared.strip)

    def written(name: str) -> str:
        is_plain = not any(mark in name for mark in (separator, quote or "\n", "\n", "\r"))
        if not quote or (is_plain and not shows_marks):
            return name
        return f"{quote}{name.replace(quote, (form.escape or quote) + quote)}{quote}"

    blank = " " if form.strip and not declared.strip else ""
    return f"{separator}{blank}".join(map(written, columns))


def _lines(texts: Sequence[str]) -> str:
    for number, text in enumerate(texts, 1):
        if "\n" in text:
            raise PenstockError(f"record {number} holds a line end: expected one line")
    return "".join(f"{text}\n" for text in texts)


def _json(form: Json, texts: Sequence[str]) -> str:
    keys = form.records.split(".") if form.records else []
    opened, closed = "".join(f'{{"{key}": ' for key in keys), "}" * len(keys)
    held = ",\n".join(texts)
    return f"{opened}[\n{held}\n]{closed}\n"


def _fields(columns: Sequence[str]) -> str:
    """The names of the fields, which the ledger keeps for each change of them."""
    changes = [name.partition(": ")[2] for name in columns if name.startswith("line ")]
    if len(changes) != 1:
        raise PenstockError("its fields change within the file: upload a corrected file instead")
    return changes[0]
