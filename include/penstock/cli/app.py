"""The commands of `penstock`; each calls the library and prints the result."""

import json
import logging
import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from penstock import datasets, ledger
from penstock.arrivals import mirror_folder, untaken
from penstock.cli import actions, keys, new, produce, show
from penstock.schema import check as check_schema
from penstock.schema import migrate as migrate_warehouse
from penstock.schema import migrate_if_owner
from penstock.settings import home
from penstock.warehouse import Role, connect, dsn, people_url

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Files that land in a folder or bucket become Postgres marts that people trust.",
)
app.add_typer(new.app, name="new")
app.add_typer(produce.app, name="produce")
app.add_typer(keys.app, name="keys")
for _action in (actions.replay, actions.reject, actions.retract, actions.mend, actions.approve):
    app.command()(_action)

AsJson = Annotated[bool, typer.Option("--json", help="For scripts: JSON on standard output.")]
OneDataset = Annotated[str | None, typer.Argument(help="Only this dataset.")]
Limit = Annotated[int, typer.Option(min=1, max=2**31, help="The most rows to show.")]


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        show.line(f"penstock {version('penstock')}")
        raise typer.Exit


@app.callback()
def _main(
    verbose: Annotated[bool, typer.Option(help="Log what happens.")] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    home.enter()
    _log("INFO" if verbose else "ERROR")


def _log(level: str, *, force: bool = False) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(show.Visible("%(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=force)


@app.command()
def up(
    foreground: Annotated[
        bool, typer.Option(help="Run until stopped, for systemd; logs go to standard error.")
    ] = False,
) -> None:
    """Start Postgres and Airflow, and keep them running; nothing that runs is started again."""
    from penstock import runtime

    def show_progress(line: str) -> None:
        show.line(line, err=True)

    if foreground:
        _log("INFO", force=True)
        runtime.up_in_foreground(show_progress)
    else:
        show.fields(vars(runtime.up(show_progress)))


@app.command()
def demo() -> None:
    """Start everything, load the sample files through Airflow, and show the results."""
    from rich.console import Console

    from penstock.cli.demo import demo as run

    run(Console())


@app.command()
def down() -> None:
    """Stop everything that `up` started, and the embedded Postgres."""
    from penstock import runtime

    runtime.down(lambda line: show.line(line, err=True))


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show the state of Airflow's components, and files that are not taken from the landing zone.

    Exit code 1 unless all are healthy and no file needs a person.
    """
    from penstock import runtime

    components = [vars(component) for component in runtime.status()]
    show.rows(components, as_json)
    for part in components:
        if part["trouble"]:
            show.line("{name}: {trouble}, log {log}".format_map(part), err=True)
    needs_person = show.untaken(untaken.find())
    raise typer.Exit(0 if all(c["healthy"] for c in components) and not needs_person else 1)


@app.command()
def migrate() -> None:
    """Create or upgrade the warehouse's schema and roles, and create the landing folders."""
    migrate_warehouse()
    for lost in mirror_folder.set_up_all():
        show.line(lost, err=True)


@app.command()
def url(
    role: Annotated[
        Literal["loader", "transformer", "reader", "api"] | None,
        typer.Option(help="Act as this role. Default: the login that owns the warehouse."),
    ] = None,
) -> None:
    """Print the warehouse's address: psql "$(penstock url)" opens it."""
    acting: Role | None = role
    if acting:
        check_schema()
    show.line(people_url() if acting == "reader" else dsn(acting))


@app.command("datasets")
def list_datasets(as_json: AsJson = False) -> None:
    """List the datasets and their landing folders; exit code 1 when one is broken."""
    from penstock.files import landing
    from penstock.marts import lineage

    show.rows(
        [
            {
                "name": d.name,
                "files": " ".join(d.files),
                "versions": d.versions,
                "landing": str(landing.root() / d.folder),
                "description": d.description,
            }
            for d in datasets.all_datasets().values()
        ],
        as_json,
    )
    broken = lineage.broken()
    for name, why in broken.items():
        show.line(f"dataset {name} is broken: {why}", err=True)
    raise typer.Exit(1 if broken else 0)


@app.command()
def load(
    dataset: Annotated[str, typer.Argument(help="The dataset of the files.")],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files, or folders of files. Default: what waits in the landing zone."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Land files, load them and build the marts in this process.

    Reports what is in the landing zone and is not taken. Exit code 1: a file was rejected, was
    left out, or waits for a person.
    """
    from penstock.cli import ingest

    migrate_if_owner()
    of = datasets.get(dataset)
    left: list[str] = []
    if paths:
        files = ingest.load_files(of, paths, as_json, left.append)
    else:
        files = ingest.load_waiting(of, quiet=as_json)
    show.loaded(files, as_json)
    for line in left:
        show.line(line, err=True)
    needs_person = show.untaken(untaken.find(of)) and not paths
    ingest.check_nothing_waits(of)
    was_rejected = any(f["state"] == ledger.State.REJECTED for f in files)
    raise typer.Exit(1 if was_rejected or left or needs_person else 0)


@app.command()
def check(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="[DATASET] FILE...", help="Files, or folders of files."),
    ],
    dataset: Annotated[
        str | None, typer.Option(help="The dataset of the files, where it is not clear.")
    ] = None,
    as_json: AsJson = False,
    html: Annotated[
        Path | None, typer.Option(help="Also write the report there, as a page.")
    ] = None,
) -> None:
    """Validate files without loading them; exit code 1 if one has bad records or is rejected."""
    from penstock.cli import check as checking

    if dataset is None and paths[0] in datasets.all_datasets() and not Path(paths[0]).is_file():
        dataset, *paths = paths
    if not paths:
        raise typer.BadParameter("expected at least one file")
    reports = checking.check(dataset, [Path(path) for path in paths], quiet=as_json)
    checking.show_reports(reports, as_json)
    if html:
        checking.write_page(reports, html)
    raise typer.Exit(0 if all(report.passes for report in reports) else 1)


@app.command()
def files(
    dataset: OneDataset = None,
    limit: Limit = 100,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Show files that are not taken, or not yet, and why.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the files that landed, the newest first, and what became of them.

    With --waiting, the files that wait; exit code 1 if a person has to act.
    """
    check_schema()
    of = datasets.get(dataset) if dataset else None
    with connect("reader") as connection:
        if waiting:
            rest = untaken.find(of, connection)
            show.rows([vars(one) for one in rest], as_json, empty="Nothing waits.")
            raise typer.Exit(1 if any(one.needs_person for one in rest) else 0)
        found = ledger.list_files(connection, dataset, limit)
        show.files(ledger.with_rows(connection, found), as_json)


@app.command()
def quarantine(
    dataset: OneDataset = None,
    file: Annotated[
        int | None, typer.Option(max=2**63 - 1, help="Only records of the file with this id.")
    ] = None,
    form: Annotated[
        Literal["table", "json", "csv"], typer.Option("--format", help="The format of the output.")
    ] = "table",
    raw: Annotated[
        bool,
        typer.Option(help="Leave CSV fields as they are; a spreadsheet could execute them."),
    ] = False,
    limit: Limit = 1000,
) -> None:
    """List the refused records with file, line, reasons and text."""
    if dataset:
        datasets.get(dataset)
    check_schema()
    with connect("reader") as connection:
        found = ledger.list_quarantine(connection, dataset, file, limit)
    if form == "csv":
        show.csv_rows(found, [*found[0]] if found else ["file_id"], raw=raw)
    else:
        show.rows(found, form == "json", empty="The quarantine is empty.")


@app.command()
def docs(
    newest: Annotated[int, typer.Option(min=1, help="Most files of a dataset with a page.")] = 100,
) -> None:
    """Write two sites: Data Docs, with what each check found, and dbt's, about the marts."""
    from penstock import data_docs
    from penstock.marts import docs_site

    check_schema()
    show.line(data_docs.build(newest))
    show.line(docs_site.build())


@app.command()
def build(
    dataset: Annotated[str, typer.Argument(help="The dataset.")],
    full_refresh: Annotated[bool, typer.Option(help="Build from all of staging.")] = False,
) -> None:
    """Bring the marts of a dataset up to date with what is sealed."""
    from penstock.marts import build as builder

    migrate_if_owner()
    name = datasets.get(dataset).name
    report = builder.full_refresh(name) if full_refresh else builder.build(name)
    show.line(json.dumps(report.rows))


@app.command("rebuild-from-archive")
def rebuild_from_archive(
    folder: Annotated[Path, typer.Argument(help="A copy of an archive/ folder.")],
) -> None:
    """Load all files of an archive into a fresh warehouse, in order, and build the marts."""
    from penstock.stations.restore import rebuild

    migrate_if_owner()
    rebuild(folder, lambda name, files: show.line(f"{name}: {files:,} files", err=True))


@app.command()
def verify(
    dataset: OneDataset = None,
    archive: Annotated[bool, typer.Option(help="Also read every kept file.")] = True,
    marts: Annotated[
        bool, typer.Option(help="Also compare each row of the marts with marts built again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare ledger, staging, quarantine, marts and archive; exit code 1 on a difference."""
    from rich.console import Console

    from penstock.stations.verify import verify as compare

    check_schema()
    names = [datasets.get(dataset).name] if dataset else sorted(datasets.all_datasets())
    found = []
    with Console(stderr=True, quiet=as_json).status("") as status:
        for name in names:
            found += compare(name, archive=archive, marts=marts, on_step=status.update)
    show.rows([vars(d) for d in found], as_json, empty="Everything agrees.")
    raise typer.Exit(1 if found else 0)


@app.command()
def serve(
    kiosk_id: Annotated[
        int | None,
        typer.Option(min=0, max=2**31 - 1, help="The kiosk of votes that name none."),
    ] = None,
) -> None:
    """Serve the API and the pages until stopped; the settings begin with PENSTOCK_API_."""
    if kiosk_id is not None:
        os.environ["PENSTOCK_API_KIOSK_ID"] = str(kiosk_id)
    from penstock.server.serve import serve as run
    from penstock.settings import settings

    if settings().warehouse_url is None:
        migrate()
    run()
