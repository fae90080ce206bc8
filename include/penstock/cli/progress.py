"""Show the events of a run on a terminal: a status line for each step, a bar for each part."""

from contextlib import ExitStack
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.status import Status

from penstock.stations.events import Building, Event, Loading, Planned, Planning, Scanned, Sealing


class Screen:
    """Shows events on standard error; use it as a context manager and call it with each event."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True, quiet=quiet)
        self._shown = ExitStack()
        self._status: Status | None = None
        self._bars: Progress | None = None
        self._parts = 0
        self._bar_of: dict[int, TaskID] = {}

    def __enter__(self) -> "Screen":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._shown.close()

    def __call__(self, event: Event) -> None:
        """Show `event`."""
        match event:
            case Planning(dataset):
                self._show_status(f"{dataset}: looking for files")
            case Scanned(dataset, done, files):
                self._show_status(f"{dataset}: scanned {done:,} of {files:,} files")
            case Planned(_, parts):
                self._show_bars(len(parts))
            case Loading():
                self._show_part(event)
            case Sealing():
                self._clear()
            case Building():
                self._show_status("building the marts")

    def _clear(self) -> None:
        self._shown.close()
        self._status = self._bars = None

    def _show_status(self, text: str) -> None:
        if self._status:
            self._status.update(text)
        else:
            self._clear()
            self._status = self._shown.enter_context(self._console.status(text))

    def _show_bars(self, parts: int) -> None:
        self._clear()
        self._bars = self._shown.enter_context(_progress(self._console))
        self._parts, self._bar_of = parts, {}

    def _show_part(self, event: Loading) -> None:
        assert self._bars  # noqa: S101 - Planned comes before Loading
        if event.number not in self._bar_of:
            name = f"part {event.number} of {self._parts}"
            bar = self._bars.add_task(name, total=event.part["bytes"], rows="0 rows")
            self._bar_of[event.number] = bar
        rows = f"{event.done.rows_good:,} rows"
        self._bars.update(self._bar_of[event.number], completed=event.done.bytes, rows=rows)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TextColumn("{task.fields[rows]}"),
        TimeRemainingColumn(),
        console=console,
    )
