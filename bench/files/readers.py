"""Other tools, each as its documentation says such a file is read, with nothing tuned to a file.

Each is given what the dataset declares too, as far as it has an option for it.
"""

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Rows = Sequence[Mapping[str, Any]]
_OF_POSTGRES = {"cp1252": "WIN1252", "latin-1": "LATIN1", "shift_jis": "SJIS"}
"""What Postgres calls encodings."""


@dataclass(frozen=True)
class File:
    """A file: where it is, what was declared of its format, and the columns of the table."""

    path: Path
    form: str
    declared: Mapping[str, Any]
    columns: Mapping[str, str]

    @property
    def suffix(self) -> str:
        """How its name ends, without what compresses it."""
        name = self.path.name.lower()
        for packed in (".gz", ".zst", ".bz2", ".xz"):
            name = name.removesuffix(packed)
        return Path(name).suffix


class NoReader(Exception):
    """The tool does not claim to read such files."""


def copy(file: File, dsn: str) -> Rows:
    """Postgres' COPY into a table of the declared columns; it passes over the header."""
    import psycopg
    from psycopg import sql
    from psycopg.rows import dict_row

    if file.suffix != ".csv" or file.path.suffix.lower() != ".csv":
        raise NoReader
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
        for name, kind in file.columns.items()
    )
    parameters = {
        "DELIMITER": file.declared["separator"],
        "QUOTE": file.declared["quote"] or "\x01",  # COPY's way to have none
        "ESCAPE": file.declared["escape"],
        "NULL": next(iter(file.declared["nulls"]), None),
        "ENCODING": _OF_POSTGRES.get(file.declared["encoding"], file.declared["encoding"]),
    }
    options = sql.SQL("FORMAT csv, HEADER {}").format(sql.SQL(str(file.declared["header"])))
    for name, value in parameters.items():
        if value is not None:
            options += sql.SQL(f", {name} {{}}").format(value)
    with psycopg.connect(dsn, row_factory=dict_row) as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE TEMP TABLE t ({})").format(columns))
        with cursor.copy(sql.SQL("COPY t FROM STDIN ({})").format(options)) as into:
            into.write(file.path.read_bytes())
        return cursor.execute("SELECT * FROM t").fetchall()


def pandas(file: File, _dsn: str) -> Rows:
    """read_csv, read_json, read_excel or read_parquet, by the file's name."""
    import pandas as pd

    readers: dict[str, Callable[[], Any]] = {
        ".csv": lambda: pd.read_csv(file.path, **_options_of_pandas(file)),
        ".jsonl": lambda: pd.read_json(file.path, lines=True),
        ".ndjson": lambda: pd.read_json(file.path, lines=True),
        ".json": lambda: pd.read_json(file.path),
        ".xlsx": lambda: pd.read_excel(file.path, sheet_name=file.declared["sheet"] or 0),
        ".parquet": lambda: pd.read_parquet(file.path),
        ".zip": lambda: pd.read_csv(file.path),
    }
    found = _reader(readers, file)()
    rows: Rows = found.astype(object).where(found.notna(), None).to_dict("records")
    return rows


def _options_of_pandas(file: File) -> dict[str, Any]:
    """The options of `read_csv`."""
    parameters: dict[str, Any] = {}
    declared = file.declared
    if declared["quote"] is None:
        parameters["quoting"] = 3  # csv.QUOTE_NONE
    elif declared["quote"]:
        parameters["quotechar"] = declared["quote"]
    if not declared["header"]:
        parameters |= {"header": None, "names": [*file.columns]}
    parameters |= {"escapechar": declared["escape"], "comment": declared["comment"]}
    parameters |= {"sep": declared["separator"] or ",", "encoding": declared["encoding"]}
    return parameters | {"na_values": list(declared["nulls"])}


def duckdb(file: File, _dsn: str) -> Rows:
    """read_csv, read_json or read_parquet with what they detect."""
    import duckdb as duck

    reader = {
        ".csv": "read_csv", ".jsonl": "read_json", ".ndjson": "read_json", ".json": "read_json",
        ".parquet": "read_parquet",
    }.get(file.suffix)  # fmt: skip
    if reader is None:
        raise NoReader
    parameters = _options_of_duckdb(file) if reader == "read_csv" else {}
    options = "".join(f", {name} = ?" for name in parameters)
    values = [str(file.path), *parameters.values()]
    found = duck.connect().execute(f"SELECT * FROM {reader}(?{options})", values)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _options_of_duckdb(file: File) -> dict[str, Any]:
    """The declared options of `read_csv`; it detects the others."""
    declared = file.declared
    names = {"delim": "separator", "escape": "escape", "comment": "comment", "encoding": "encoding"}
    parameters = {option: declared[name] for option, name in names.items() if declared[name]}
    if declared["quote"] is None:
        parameters["quote"] = ""
    if declared["nulls"]:
        parameters["nullstr"] = list(declared["nulls"])
    if not declared["header"]:
        parameters |= {"header": False, "names": [*file.columns]}
    return parameters


def dlt(file: File, _dsn: str) -> Rows:
    """The filesystem source and its readers, into DuckDB."""
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}
    import dlt as framework
    from dlt.sources import filesystem as source

    readers: dict[str, Callable[[], Any]] = {
        ".csv": lambda: source.read_csv(**_options_of_pandas(file)),
        ".jsonl": source.read_jsonl,
        ".ndjson": source.read_jsonl,
        ".parquet": source.read_parquet,
    }
    reader = _reader(readers, file)()
    listed = source.filesystem(bucket_url=file.path.parent.as_uri(), file_glob=file.path.name)
    with tempfile.TemporaryDirectory() as folder:
        pipeline = framework.pipeline(
            "files",
            pipelines_dir=folder,
            destination=framework.destinations.duckdb(str(Path(folder) / "files.duckdb")),
            dataset_name="loaded",
        )
        pipeline.run((listed | reader).with_name("t")).raise_on_failed_jobs()
        with pipeline.sql_client() as client, client.execute_query("SELECT * FROM t") as found:
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _reader(readers: Mapping[str, Callable[[], Any]], file: File) -> Callable[[], Any]:
    if file.suffix not in readers:
        raise NoReader
    return readers[file.suffix]


READERS: dict[str, Callable[[File, str], Rows]] = {
    "Postgres `COPY`": copy,
    "pandas": pandas,
    "DuckDB": duckdb,
    "dlt": dlt,
}
