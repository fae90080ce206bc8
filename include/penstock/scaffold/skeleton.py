"""The files of a new dataset, from templates."""

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from penstock.declare.columns import Column, Text
from penstock.declare.outside import PROJECT
from penstock.errors import PenstockError
from penstock.scaffold import literals
from penstock.scaffold.sample import Field, Sample

# What dbt's templates are made of must pass through: these have marks of their own.
_TEMPLATES = Environment(
    loader=PackageLoader("penstock.scaffold"),
    variable_start_string="[[",
    variable_end_string="]]",
    block_start_string="[%",
    block_end_string="%]",
    comment_start_string="[#",
    comment_end_string="#]",
    trim_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - Python, SQL and YAML, not HTML
)
_TEMPLATES.filters |= {"yaml": literals.yaml, "inert": literals.inert}
_LONGEST_LINE = 100
_MADE_UP = {"text": "a", "bigint": "1", "numeric": "1", "date": "2024-05-01"}
_MADE_UP |= {"timestamptz": "2024-05-01T10:00:00Z", "boolean": "true"}
_MADE_UP |= {"uuid": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}
"""A value of each type for unit tests. What stands in a sample is data, and not for templates."""


@dataclass(frozen=True)
class Skeleton:
    """All that is written for the dataset `name` below `root`.

    `root` is a checkout of Penstock or, `outside`, one of the folders of PENSTOCK_DATASETS.
    """

    name: str
    sample: Sample
    root: Path
    outside: bool = False

    def write(self) -> list[Path]:
        """Write every file; returns their paths.

        Raises:
            PenstockError: `root` is not a checkout, a file exists already, or the name is in use.
        """
        if not self.outside and not (self.root / "tests").is_dir():
            raise PenstockError(f"{self.root}: expected a checkout of Penstock")
        files = {self.root / path: text for path, text in self._files().items()}
        for path in files:
            if path.exists():
                raise PenstockError(f"{path} is there already; nothing was written")
        self._check_models()
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            of_sample = self.sample.encoding if "samples" in path.parts else None
            path.write_text(text, encoding=of_sample or "utf-8", newline="")
        return [*files]

    def _check_models(self) -> None:
        """That no model and no seed has the name of one of ours."""
        place = PROJECT if self.outside else self.root / "dbt_project"
        theirs = [*(place / "models").rglob("*.sql"), *(place / "seeds").glob("*.csv")]
        own = self.root.glob("*/models/**/*.sql") if self.outside else ()
        for model in (*theirs, *own):
            if model.stem in (self.name, f"stg_{self.name}"):
                raise PenstockError(f"{model} is a model of that name; nothing was written")

    def _files(self) -> dict[str, str]:
        """The text of each file by its path."""
        name = self.name
        rows = "keyed_mart" if self.sample.key else "mart"
        records = [*self.sample.lines, self.sample.broken_record]
        sample = "\n".join([self.sample.head] * bool(self.sample.head) + records) + "\n"
        if self.outside:
            declared, samples, tests = f"{name}/dataset.py", f"{name}/samples", {}
            models = f"{name}/models"
            marts = f"{models}/marts"
        else:
            declared = f"include/penstock/datasets/{name}.py"
            samples = f"include/penstock/samples/{name}"
            tests = {f"tests/integration/datasets/test_{name}.py": self._rendered("test.py")}
            models = "dbt_project/models"
            marts = f"{models}/marts/{name}"
        return {
            declared: self._rendered("dataset.py"),
            f"{samples}/{name}{self._sample_suffix}": sample,
            f"{models}/staging/stg_{name}.sql": self._rendered("staging.sql"),
            f"{models}/staging/stg_{name}.yml": self._rendered("staging.yml"),
            f"{marts}/{name}.sql": self._rendered(f"{rows}.sql"),
            f"{marts}/{name}.yml": self._rendered("mart.yml"),
            **tests,
        }

    @property
    def _is_table(self) -> bool:
        """Whether the files are no text: their sample is JSON lines, which a person can edit."""
        return self.sample.form.is_table

    @property
    def _formats(self) -> set[str]:
        return {type(self.sample.form).__name__, *["JsonLines"] * self._is_table}

    @property
    def _sample_suffix(self) -> str:
        return ".jsonl" if self._is_table else self.sample.suffix

    def _rendered(self, template: str) -> str:
        return _TEMPLATES.get_template(f"{template}.j2").render(**self._values)

    @cached_property
    def _values(self) -> dict[str, object]:
        columns = [field.column for field in self.sample.fields]
        return {
            "name": self.name,
            "title": self.name.replace("_", " ").capitalize(),
            "suffix": self.sample.suffix,
            "sample_suffix": self._sample_suffix,
            "format": declaration(self.sample.form),
            "formats": ", ".join(sorted(self._formats)),
            "is_table": self._is_table,
            "encoding": self.sample.encoding,
            "fields": self.sample.fields,
            "declared": [_column(column) for column in columns],
            "described": {field.column.name: _description(field) for field in self.sample.fields},
            "imports": ", ".join(sorted({type(column).__name__ for column in columns})),
            "not_null": {c.name for c in columns if c.required or isinstance(c, Text)},
            "key": self.sample.key,
            "rows": len(self.sample.lines),
            "example": {column.name: _MADE_UP[column.sql_type] for column in columns},
        }


def _description(field: Field) -> str:
    name = literals.code_span(field.header) if field.header.strip() else "A nameless field"
    return literals.inert(f"{name} of the record, {field.column.noun}.")


def _column(column: Column) -> str:
    """The line, or lines, that declare a column."""
    line = declaration(column)
    if len(line) < _LONGEST_LINE - 8:
        return line
    name, *others = _arguments(column)
    parts = "".join(f"            {part},\n" for part in (name, *others))
    return f"{type(column).__name__}(\n{parts}        )"


def declaration(declared: object) -> str:
    """The call that makes a column or a format, without what it has by default."""
    return f"{type(declared).__name__}({', '.join(_arguments(declared))})"


def _arguments(declared: object) -> list[str]:
    given = [
        (field.name, value)
        for field in fields(declared)  # type: ignore[arg-type]
        if field.init and (value := getattr(declared, field.name)) != field.default
    ]
    by_place = isinstance(declared, Column)
    return [
        _literal(value) if by_place and name == "name" else f"{name}={_literal(value)}"
        for name, value in given
    ]


def _literal(value: object) -> str:
    return literals.python(value) if isinstance(value, str) else repr(value)
