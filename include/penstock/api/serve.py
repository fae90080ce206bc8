"""`penstock serve`: the API alone, in several processes."""

import gc
import os
import shutil
import signal
import sys
import threading
import time

import uvicorn
from fastapi import FastAPI

from penstock.api import logs, metrics
from penstock.settings import settings

_STOP_SECONDS = 20  # what requests get to end when the server is told to stop
_ORPHAN_SECONDS = 1.0
# Python's own 5 ms is what a thread back from the disk waits for a busy event loop, each time.
_SWITCH_SECONDS = 0.0005


def serve() -> None:
    """Serve until told to stop (SIGTERM, SIGINT); requests that run are answered first."""
    logs.configure()
    if settings().api_workers > 1:
        _share_metrics()
    uvicorn.run(
        "penstock.api.serve:worker",
        factory=True,
        host=settings().api_bind,
        port=settings().api_port,
        workers=settings().api_workers,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )


def worker() -> FastAPI:
    """The app of one process."""
    from penstock.api.app import create_app

    logs.configure()
    sys.setswitchinterval(_SWITCH_SECONDS)
    if settings().api_workers > 1:
        threading.Thread(target=_end_with, args=[os.getppid()], daemon=True).start()
    app = create_app()
    app.openapi()
    # What is here now stays: looking through it again and again would cost 70 ms each time.
    gc.collect()
    gc.freeze()
    return app


def _end_with(parent: int) -> None:
    """Stop when the parent was killed, or the port would stay taken by an orphan."""
    while os.getppid() == parent:
        time.sleep(_ORPHAN_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def _share_metrics() -> None:
    folder = settings().home / "run" / f"metrics-{settings().api_port}"
    shutil.rmtree(folder, ignore_errors=True)  # counts of processes that are gone
    folder.mkdir(parents=True)
    os.environ[metrics.FOLDER] = str(folder)
