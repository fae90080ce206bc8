"""`make bench-api`: the API under load, with FastAPI's least and the old way in the same run.

Every round runs each once, in turn, so that a busy minute hits all alike; the table shows medians.
The client (wrk) runs on the same machine, and takes its share of it.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.api import events, pages, questions, servers
from bench.api.servers import URL, Penstock
from bench.generate import Recipe, generate

Figures = dict[str, float]

SCRIPT = Path(__file__).with_name("load.lua")
SCOPES = ("--scope=read", "--scope=upload", "--scope=vote")
DISTRIBUTION = "/votes/distribution"
MIB = 1 << 20


def main() -> None:
    """Measure, print the medians, write JSON."""
    args = arguments()
    penstock = Penstock(args.data_dir / "home", args.python)
    file = made_up(args.data_dir / "upload.txt", args.file_mib)
    catalogue = generate(Recipe(args.products), args.data_dir)
    asked = events.generate(args.data_dir / f"events-{args.events}.txt", args.events)
    rounds: list[dict[str, Figures]] = []
    try:
        key = penstock.run("keys", "create", "bench", *SCOPES, "--rate=1000000")
        print(f"loading {args.events:,} events", file=sys.stderr)
        penstock.run("load", "events", str(asked))
        print(f"loading {args.products:,} products", file=sys.stderr)
        penstock.run("load", "products", str(catalogue))
        for turn in range(args.rounds):
            print(f"round {turn + 1} of {args.rounds}", file=sys.stderr)
            found = dict(measure(penstock, Load(key, args.seconds, turn), file, args.events))
            rounds.append(found)
    finally:
        penstock.run("down")
    medians = {
        name: {figure: median(r[name][figure] for r in rounds) for figure in figures}
        for name, figures in rounds[0].items()
    }
    show(medians)
    args.results.parent.mkdir(exist_ok=True)
    args.results.write_text(json.dumps(medians, indent=2) + "\n")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    home = Path(os.environ.get("PENSTOCK_HOME", ".penstock"))
    results = Path(__file__).parents[1] / "results" / "api.json"
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8, help="of each load")
    parser.add_argument("--events", type=int, default=10_000_000, help="among which to find some")
    parser.add_argument("--products", type=int, default=questions.PRODUCTS, help="to search")
    parser.add_argument("--file-mib", type=int, default=1024, help="of the file uploaded")
    parser.add_argument("--data-dir", type=Path, default=home / "bench-api")
    parser.add_argument("--results", type=Path, default=results)
    parser.add_argument("--python", type=Path, default=Path(".venv/bin/python"))
    args = parser.parse_args()
    if not shutil.which("wrk"):
        parser.error("wrk is not installed; on Debian: apt-get install wrk")
    args.data_dir, args.python = args.data_dir.absolute(), args.python.absolute()
    return args


def measure(
    penstock: Penstock, load: "Load", file: Path, count: int
) -> Iterator[tuple[str, Figures]]:
    """Yield and print the name and figures of each measurement."""
    for name, figures in _measure(penstock, load, file, count):
        print(f"  {name}: {figures}", file=sys.stderr)
        yield name, figures


def _measure(
    penstock: Penstock, load: "Load", file: Path, count: int
) -> Iterator[tuple[str, Figures]]:
    with servers.hello(penstock.python):
        yield "FastAPI hello", load.get("/hello")
    with servers.old_way(penstock.run("url")):
        yield "Flask and to_sql: votes", load.vote()
    yield from questions.ask(penstock.run("url"), 5).items()
    landing = penstock.home / "landing" / "votes"
    shutil.rmtree(landing, ignore_errors=True)
    with penstock.serve():
        figures = load.vote()
        yield "Penstock: durable votes", figures
        with load.voting():
            yield f"Penstock: {DISTRIBUTION} amid votes", load.get(DISTRIBUTION, connections=20)
        yield from pages.ask(load.key, 40).items()
        yield "Penstock: 1,000 events", events.ask(load.key, f"events-{count}.txt", count, 200)
        yield "Penstock: upload", upload(load.key, file, penstock.home)
    check(landing, figures)


class Load:
    """wrk, for some seconds a time. No two votes of a `turn` or of two have the same time."""

    def __init__(self, key: str, seconds: int, turn: int) -> None:
        self.key = key
        self._seconds = seconds
        self._second = turn * 10

    def vote(self) -> Figures:
        """Votes as fast as they are taken."""
        return self._wrk("/votes", 100, BENCH_VOTES="1")

    def get(self, path: str, connections: int = 100) -> Figures:
        """GET as fast as it is answered."""
        return self._wrk(path, connections)

    @contextmanager
    def voting(self) -> Iterator[None]:
        """A thousand votes a second, as at the peak of an election, while the block runs."""
        with subprocess.Popen(
            self._command("/votes", 20, self._seconds + 1),
            env=self._env(BENCH_VOTES="1", BENCH_PAUSE_MS="20"),
            stdout=subprocess.DEVNULL,
        ):
            yield

    def _wrk(self, path: str, connections: int, **options: str) -> Figures:
        done = subprocess.run(
            self._command(path, connections, self._seconds),
            env=self._env(**options), capture_output=True, text=True, check=True,
        )  # fmt: skip
        figures: Figures = json.loads(done.stdout.split("RESULT", 1)[1])
        if figures["failed"]:
            raise RuntimeError(
                f"{path}: {figures['failed']} of {figures['requests']} requests failed"
            )
        return {**figures, "per_second": round(figures["requests"] / figures["seconds"])}

    def _command(self, path: str, connections: int, seconds: int) -> list[str]:
        options = [
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout=30s",
            "--script",
            str(SCRIPT),
        ]
        return ["wrk", *options, URL + path]

    def _env(self, **options: str) -> dict[str, str]:
        self._second += 1
        return {**os.environ, "BENCH_KEY": self.key, "BENCH_SECOND": str(self._second), **options}


def upload(key: str, file: Path, home: Path) -> Figures:
    """Its speed and that of `cp` with fsync, one right after the other, in MB/s."""
    copy = home / "copy"
    copied = _seconds("sh", "-c", f"cp '{file}' '{copy}' && sync '{copy}'")
    copy.unlink()
    name = f"{time.time_ns()}.txt"
    uploaded = _seconds(
        "curl", "--fail", "--silent", "--output", "/dev/null", "--request", "POST",
        "--header", f"Authorization: Bearer {key}", "--header", "Expect:",
        "--upload-file", str(file), f"{URL}/uploads/events?filename={name}",
    )  # fmt: skip
    (home / "landing" / "events" / name).unlink()
    size = file.stat().st_size / 1e6
    return {
        "cp_mb_s": round(size / copied),
        "upload_mb_s": round(size / uploaded),
        "of_cp": round(copied / uploaded, 2),
    }


def check(landing: Path, figures: Figures) -> None:
    """Every vote that was acknowledged has landed, none of them twice.

    Raises:
        RuntimeError: it is not so.
    """
    lines = [line for file in landing.glob("*.jsonl") for line in file.read_bytes().splitlines()]
    if len(lines) < figures["requests"] or len(set(lines)) != len(lines):
        raise RuntimeError(f"{figures['requests']} votes taken, {len(set(lines))} landed")


def made_up(path: Path, mib: int) -> Path:
    """A file of so many MiB, which holds nothing of use."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.stat().st_size != mib * MIB:
        with path.open("wb") as out:
            for _ in range(mib):
                out.write(os.urandom(MIB))
    return path


def show(medians: dict[str, Figures]) -> None:
    """The table."""
    for name, figures in medians.items():
        wanted = {k: v for k, v in figures.items() if k not in ("requests", "seconds", "failed")}
        print(f"{name:<48}" + "".join(f"{v:>10,.4g} {k}" for k, v in wanted.items()))


def _seconds(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
