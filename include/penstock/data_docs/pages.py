"""Render the pages with Great Expectations, in its own templates."""

from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any

from great_expectations.render import (
    RenderedDocumentContent,
    RenderedHeaderContent,
    RenderedSectionContent,
    RenderedStringTemplateContent,
    RenderedTableContent,
)
from great_expectations.render.renderer import (
    ExpectationSuitePageRenderer,
    ValidationResultsPageRenderer,
)
from great_expectations.render.view import DefaultJinjaIndexPageView, DefaultJinjaPageView
from jinja2 import ChoiceLoader, DictLoader

from penstock import ledger
from penstock.data_docs import results
from penstock.data_docs.offline import offline
from penstock.declare.dataset import Dataset
from penstock.declare.expectations import Expectation
from penstock.validate.suite import CAST, checks_of

_TYPES = "Types, cast by Penstock itself"
# A card of buttons that need jQuery, and a favicon that no folder of the site has.
_LEFT_OUT = DictLoader({"page_action_card.j2": "", "favicon.j2": ""})


def suite_page(dataset: Dataset) -> str:
    """The page of a dataset's suite and the types of its columns."""
    document = ExpectationSuitePageRenderer().render(results.suite(dataset))
    types = [
        [_text(check.column), _type_of(check), _text(check.reason)]
        for check in checks_of(dataset)
        if check.type == CAST
    ]
    document.sections.append(_section(_TYPES, types, ("Column", "Type", "Told as")))
    return _written(document, "../static")


def file_page(file: ledger.ValidatedFile, checks: list[ledger.CheckResult]) -> str:
    """The page of a file: its outcome, and the results of its validation."""
    expectations = [check for check in checks if check.type != CAST]
    document = _file_renderer().render(results.validation_result(file, expectations))
    header, statistics, *rest = document.sections[0].content_blocks
    document.sections[0].content_blocks = [header, _verdict(file, checks), statistics, *rest]
    types = [
        [_text(c.column), _type_of(c), f"{c.evaluated - c.missing:,}", f"{c.unexpected:,}"]
        for c in checks
        if c.type == CAST
    ]
    document.sections.append(_section(_TYPES, types, ("Column", "Type", "Fields", "Not of it")))
    return _written(document, "../../../../static")


def index_page(
    datasets: Sequence[Dataset], files: Sequence[tuple[ledger.ValidatedFile, str]]
) -> str:
    """The index of all suites, and of `files`, each with the address of its page."""
    suites = [
        [_link(f"expectations/{d.name}.html", d.name), _text(d.description)] for d in datasets
    ]
    found = [
        [
            _icon(file),
            results.iso(file.loaded_at),
            _link(address, file.path),
            str(file.version),
            _link(f"expectations/{file.dataset}.html", file.dataset),
            _text(f"{file.state}: {file.reason}" if file.reason else file.state),
            f"{file.rows_good:,}",
            f"{file.rows_bad:,}",
        ]
        for file, address in files
    ]
    columns = ("", "Loaded", "File", "Version", "Dataset", "Verdict", "Rows", "Refused")
    sections = [
        _section("Expectation suites", suites, ("Dataset", "What its files are")),
        _section("Validation results", found, columns),
    ]
    document = RenderedDocumentContent(
        renderer_type="SiteIndexPageRenderer", page_title="Data Docs", sections=sections
    )
    return _written(document, "static")


def styles() -> str:
    """The style sheet that Great Expectations puts into each of its pages."""
    template = _view("").env.get_template("data_docs_default_styles.css")
    return str(template.render(renderer_type=""))


def _written(document: RenderedDocumentContent, static: str) -> str:
    """The HTML of a page that lies at the path from which `static` leads to the style sheets."""
    document.page_title = escape(document.page_title)  # GX's template does not
    return offline(_view(document.renderer_type).render(document), static)


@cache
def _view(renderer_type: str) -> DefaultJinjaPageView:
    is_index = renderer_type == "SiteIndexPageRenderer"
    view = DefaultJinjaIndexPageView() if is_index else DefaultJinjaPageView()
    loaders = [_LEFT_OUT, view.env.loader] if view.env.loader else [_LEFT_OUT]
    view.env.loader = ChoiceLoader(loaders)
    return view


@cache
def _file_renderer() -> ValidationResultsPageRenderer:
    return ValidationResultsPageRenderer()


def _verdict(file: ledger.ValidatedFile, checks: list[ledger.CheckResult]) -> RenderedTableContent:
    """The outcome of a file, with the records that were refused before the checks."""
    outcome: dict[str, Any] = {
        "Verdict": f"{file.state}: {file.reason}" if file.reason else file.state,
        "Version": file.version,
        "Bytes": f"{file.size_bytes:,}",
        "SHA-256": file.content_hash or "",
        "Rows loaded": f"{file.rows_good:,}",
        "Records quarantined": f"{file.rows_bad:,}",
    }
    if checks:
        unread = file.rows_good + file.rows_bad - checks[0].evaluated
        outcome["Of these refused before any check"] = f"{unread:,}"
    rows = [[name, _text(str(value))] for name, value in outcome.items()]
    return RenderedTableContent(rows, styling=_styling("table", "table-sm"))


def _type_of(check: Expectation | ledger.CheckResult) -> RenderedStringTemplateContent:
    return _text(dict(check.kwargs)["type"])


def _section(name: str, rows: list[list[Any]], columns: Sequence[str]) -> RenderedSectionContent:
    header = RenderedHeaderContent(
        header=_text(name, tag="h5"), styling=_styling("alert", "alert-secondary", of="header")
    )
    table = RenderedTableContent(
        rows or [["none yet"]],
        header_row=list(columns) if rows else None,
        styling=_styling("table"),
    )
    return RenderedSectionContent([header, table], section_name=name)


def _styling(*classes: str, of: str = "body") -> dict[str, Any]:
    """The classes of a part of a block; the block is as wide as the page, and scrolls if wider."""
    return {"classes": ["col-12", "table-responsive", "p-0"], of: {"classes": [*classes]}}


def _text(text: str, **template: Any) -> RenderedStringTemplateContent:
    """Text that may come from a file: GX escapes only the parameters of a template."""
    return RenderedStringTemplateContent(
        {"template": "$text", "params": {"text": text}, **template}
    )


def _link(address: str, text: str) -> RenderedStringTemplateContent:
    return _text(text, tag="a", styling={"attributes": {"href": address}})


def _icon(file: ledger.ValidatedFile) -> RenderedStringTemplateContent:
    clean = file.state != ledger.State.REJECTED and file.rows_bad == 0
    classes = ["fa-check-circle", "text-success"] if clean else ["fa-times", "text-danger"]
    return _text("", tag="i", styling={"classes": ["fas", *classes]})
