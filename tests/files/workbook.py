"""Small Excel workbooks, made without a library."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_OPEN = "http://schemas.openxmlformats.org"
_STYLES = "".join(f'<xf numFmtId="{n}"/>' for n in (0, 14, 22))
DATE, TIME = 1, 2
"""Styles of a number that is a day, and of one that is an instant."""


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """A workbook; a cell is None, text, a number, or a number with its style as a pair."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", _content_types(len(sheets)))
        book.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        names = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="r{n}"/>'
            for n, name in enumerate(sheets, 1)
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_OPEN}/spreadsheetml/2006/main" xmlns:r="{_OPEN}/officeDocument/'
            f'2006/relationships"><sheets>{names}</sheets></workbook>',
        )
        parts = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
        book.writestr("xl/_rels/workbook.xml.rels", _relations([*parts, ("styles", "styles.xml")]))
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{_OPEN}/spreadsheetml/2006/main"><cellXfs count="3">{_STYLES}'
            "</cellXfs></styleSheet>",
        )
        for n, rows in enumerate(sheets.values(), 1):
            book.writestr(f"xl/worksheets/sheet{n}.xml", _sheet(rows))
    return out.getvalue()


def _content_types(sheets: int) -> str:
    parts = {f"/xl/worksheets/sheet{n}.xml": "worksheet" for n in range(1, sheets + 1)}
    parts |= {"/xl/workbook.xml": "sheet.main", "/xl/styles.xml": "styles"}
    told = "".join(
        f'<Override PartName="{part}" ContentType="{_TYPES}.{kind}+xml"/>'
        for part, kind in parts.items()
    )
    kind = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'<Types xmlns="{_OPEN}/package/2006/content-types">'
        f'<Default Extension="rels" ContentType="{kind}"/>{told}</Types>'
    )


def _relations(parts: Sequence[tuple[str, str]]) -> str:
    kind = f"{_OPEN}/officeDocument/2006/relationships"
    told = "".join(
        f'<Relationship Id="r{n}" Type="{kind}/{type_}" Target="{target}"/>'
        for n, (type_, target) in enumerate(parts, 1)
    )
    return f'<Relationships xmlns="{_OPEN}/package/2006/relationships">{told}</Relationships>'


def _sheet(rows: Sequence[Sequence[object]]) -> str:
    told = "".join(
        f'<row r="{n}">{"".join(_cell(chr(64 + at) + str(n), c) for at, c in enumerate(row, 1))}'
        "</row>"
        for n, row in enumerate(rows, 1)
    )
    return (
        f'<worksheet xmlns="{_OPEN}/spreadsheetml/2006/main"><sheetData>{told}</sheetData>'
        "</worksheet>"
    )


def _cell(place: str, cell: object) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
        case str() if cell.startswith("#"):
            return f'<c r="{place}" t="e"><v>{cell}</v></c>'
        case str():
            return f'<c r="{place}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
        case (number, style):
            return f'<c r="{place}" s="{style}"><v>{number!r}</v></c>'
    return f'<c r="{place}"><v>{cell!r}</v></c>'
