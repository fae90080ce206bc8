"""The OpenAPI document tells the truth: Schemathesis asks what it allows and what it forbids."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.pipeline import configure

CHECKS = ",".join(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "unsupported_method",
        "ignored_auth",
    ]
)


def test_no_answer_is_a_server_error_or_undocumented(
    samples_key: str, serve_here, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, api_loads="airflow")  # others read these samples: no action is done
    served = serve_here()
    program = Path(sys.executable).with_name("schemathesis")
    asked = subprocess.run(
        [
            program, "run", f"{served.url}/openapi.json", f"--checks={CHECKS}",
            f"--header=Authorization: Bearer {samples_key}", "--phases=examples,coverage,fuzzing",
            "--exclude-operation-id=old_process_data_post",  # each takes seconds
            "--exclude-operation-id=start_load_loads__dataset__post",
            "--max-examples=15", "--seed=1", "--generation-database=none", "--no-color",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stdout[-6000:] + asked.stderr[-2000:]


def test_no_name_occurs_twice_in_an_object(client: TestClient) -> None:
    """JSON allows it, YAML does not, and Swagger UI reads the document as YAML."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), names
        return dict(pairs)

    json.loads(client.get("/openapi.json").text, object_pairs_hook=once)
