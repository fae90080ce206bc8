"""The README's one-liners work as they stand there."""

import os
import re
import subprocess
from pathlib import Path

from tests.pipeline import events, products

README = (Path(__file__).parents[3] / "README.md").read_text()


def test_every_curl_of_the_readme_is_answered(serve, make_key, tmp_path: Path) -> None:
    section = README.split("## The API", 1)[1].split("\n## ", 1)[0]
    lines = re.findall(r"^curl .*$", section, re.MULTILINE)
    assert len(lines) >= 8
    served = serve()
    (tmp_path / "my-events.txt").write_bytes(events(3))
    (tmp_path / "more.txt").write_bytes(events(4))
    (tmp_path / "my-products.csv").write_bytes(products(5))
    (tmp_path / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
    env = {
        **os.environ,
        "CURL_HOME": str(tmp_path),
        "AUTH": f"Authorization: Bearer {make_key()}",
        "API": served.url,
    }
    for line in lines:
        done = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        assert done.stdout, line
