"""The files of a new dataset, from templates."""

import re
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from penstock.columns import Column, Text
from penstock.errors import PenstockError
from penstock.scaffold.sample import Sample

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
_DATASETS_TABLE = re.compile(r"^## Datasets\n.*?^\|-.*?\n(?:\|.*\n)+", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Skeleton:
    """All that is written for the dataset `name` below `root`, a checkout of Penstock."""

    name: str
    sample: Sample
    root: Path

    def write(self) -> list[Path]:
        """Write every file and the README's row; returns their paths.

        Raises:
            PenstockError: `root` is no checkout, or one of the files is there.
        """
        files = {self.root / path: text for path, text in self._files().items()}
        for path in files:
            if path.exists():
                raise PenstockError(f"{path} is there already; nothing was written")
        for model in (self.root / "dbt_project" / "models").rglob("*.sql"):
            if model.stem in (self.name, f"stg_{self.name}"):
                raise PenstockError(f"{model} is a model of that name; nothing was written")
        readme = self._readme()
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, newline="")
        (self.root / "README.md").write_text(readme)
        return [*files, self.root / "README.md"]

    def _files(self) -> dict[str, str]:
        """The text of each file by its path."""
        name, mart = self.name, f"dbt_project/models/marts/{self.name}/{self.name}"
        rows = "keyed_mart" if self.sample.key else "mart"
        records = [*self.sample.records, self.sample.broken_record]
        sample = "\n".join([self.sample.head] * bool(self.sample.head) + records) + "\n"
        return {
            f"include/penstock/datasets/{name}.py": self._rendered("dataset.py"),
            f"include/penstock/samples/{name}/{name}{self.sample.suffix}": sample,
            f"dbt_project/models/staging/stg_{name}.sql": self._rendered("staging.sql"),
            f"dbt_project/models/staging/stg_{name}.yml": self._rendered("staging.yml"),
            f"{mart}.sql": self._rendered(f"{rows}.sql"),
            f"{mart}.yml": self._rendered("mart.yml"),
            f"tests/integration/datasets/test_{name}.py": self._rendered("test.py"),
        }

    def _rendered(self, template: str) -> str:
        return _TEMPLATES.get_template(f"{template}.j2").render(**self._values)

    @cached_property
    def _values(self) -> dict[str, object]:
        columns = [field.column for field in self.sample.fields]
        return {
            "name": self.name,
            "title": self.name.replace("_", " ").capitalize(),
            "suffix": self.sample.suffix,
            "format": _declaration(self.sample.form),
            "formats": type(self.sample.form).__name__,
            "fields": self.sample.fields,
            "declared": [_declaration(column) for column in columns],
            "imports": ", ".join(sorted({type(column).__name__ for column in columns})),
            "not_null": {c.name for c in columns if c.required or isinstance(c, Text)},
            "key": self.sample.key,
            "rows": len(self.sample.records),
            "example": self.sample.example,
        }

    def _readme(self) -> str:
        """README.md with a row for the dataset at the end of its table."""
        place = self.root / "README.md"
        text = place.read_text() if place.is_file() else ""
        table = _DATASETS_TABLE.search(text)
        if table is None:
            raise PenstockError(f"{self.root}: expected a checkout of Penstock, with its README.md")
        if f"\n| `{self.name}` |" in table[0]:
            raise PenstockError(f"{place} tells of {self.name} already; nothing was written")
        row = self._rendered("readme_row.md")
        return text[: table.end()] + row + text[table.end() :]


def _declaration(declared: object) -> str:
    """The call that makes a column or a format, without what it has by default."""
    given = [
        (field.name, value)
        for field in fields(declared)  # type: ignore[arg-type]
        if field.init and (value := getattr(declared, field.name)) != field.default
    ]
    by_place = isinstance(declared, Column)
    parts = [
        _quoted(value) if by_place and name == "name" else f"{name}={_quoted(value)}"
        for name, value in given
    ]
    return f"{type(declared).__name__}({', '.join(parts)})"


def _quoted(value: object) -> str:
    """A literal with double quotes, as the formatter writes it."""
    return repr(value).replace("'", '"') if isinstance(value, str) else repr(value)
