"""Runs API and pages in several processes, for `penstock serve`."""

import gc
import os
import shutil
import sys

import uvicorn
from fastapi import FastAPI

from penstock.api import logs, metrics
from penstock.runtime import parent
from penstock.settings import settings

_START_SECONDS = 120  # a worker on a busy machine answers late during imports
_STOP_SECONDS = 20  # for running requests to end when the server stops
_MAIN = "PENSTOCK_SERVE_MAIN"  # the pid of the main process, for its workers
# With Python's default of 5 ms, a thread waits that long for a busy event loop after each write.
_SWITCH_SECONDS = 0.0005


def serve() -> None:
    """Serve until SIGTERM or SIGINT. Running requests are completed first."""
    logs.configure()
    if settings().api_workers > 1:
        _share_metrics()
        os.environ[_MAIN] = str(os.getpid())
    uvicorn.run(
        "penstock.server.serve:worker",
        factory=True,
        host=settings().api_bind,
        port=settings().api_port,
        workers=settings().api_workers,
        loop="uvloop",
        http="penstock.api.connections:Connection",  # as text: only workers need its slow imports
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=settings().api_proxies is not None,
        forwarded_allow_ips=settings().api_proxies,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=_STOP_SECONDS,
        timeout_worker_healthcheck=_START_SECONDS,
    )


def worker() -> FastAPI:
    """Create the app of one worker process."""
    if settings().api_workers > 1:
        parent.end_with(int(os.environ[_MAIN]))  # before the imports: they take seconds
    from penstock.api.connections import raise_file_limit
    from penstock.server.app import create_app

    logs.configure()
    raise_file_limit()
    sys.setswitchinterval(_SWITCH_SECONDS)
    app = create_app()
    app.openapi()
    # These objects are permanent: scanning them would cost 70 ms in each collection.
    gc.collect()
    gc.freeze()
    return app


def _share_metrics() -> None:
    folder = settings().home / "run" / f"metrics-{settings().api_port}"
    shutil.rmtree(folder, ignore_errors=True)  # counts of earlier processes
    folder.mkdir(parents=True)
    os.environ[metrics.FOLDER] = str(folder)
