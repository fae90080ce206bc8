"""The pages on the API: their commands run, and the reference has every route."""

import os
import re
import subprocess
from pathlib import Path

from fastapi.routing import APIRoute

from penstock.api.app import create_app
from tests.pipeline import events, products
from tests.programs import ROOT

DOCS = ROOT / "docs"
GUIDE = (DOCS / "how-to" / "use-the-api.md").read_text()
REFERENCE = (DOCS / "reference" / "api.md").read_text()


def _routes() -> set[str]:
    routes = [route for route in create_app().routes if isinstance(route, APIRoute)]
    return {f"{method} {route.path}" for route in routes for method in route.methods}


def test_the_reference_has_every_route_and_no_other() -> None:
    found = re.findall(r"`((?:GET|POST|PUT|DELETE) /[^`]*)`", REFERENCE)
    assert len(found) == len(set(found))
    assert set(found) == _routes()


def test_every_command_runs(samples_key: str, serve_here, tmp_path: Path) -> None:
    url = serve_here().url
    (commands,) = re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "my-events.txt").write_bytes(events(3))
    (tmp_path / "more.txt").write_bytes(events(4))
    (tmp_path / "my-products.csv").write_bytes(products(5))
    (tmp_path / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
    auth = f"Authorization: Bearer {samples_key}"
    environment = {**os.environ, "API": url, "AUTH": auth, "CURL_HOME": str(tmp_path)}
    for command in commands.splitlines():
        ran = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
        assert ran.stdout or " -o " in command
    assert (tmp_path / "chain.png").read_bytes().startswith(b"\x89PNG")
