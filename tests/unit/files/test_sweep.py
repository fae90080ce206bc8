"""Drafts that killed processes left are deleted after a day, and nothing else."""

import pytest

from penstock.datasets import get
from penstock.files import landing, sweep

pytestmark = pytest.mark.usefixtures("bare_home")


def test_only_what_we_left_and_only_after_a_day_is_swept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = landing.folder(get("events")) / "2024"
    uploads = landing.root() / ".uploads"
    ours = [*(at / ".a.txt.123.part" for at in (folder, uploads)), uploads / f"{'0f' * 16}.part"]
    others = [
        *(folder / name for name in ("a.txt.part", ".a.txt.part", ".a.txt.x1.part", ".b.123")),
        *(folder / name for name in (f"{'0f' * 16}.part", "a.txt")),
        *(uploads / name for name in (f"{'0f' * 16}.json", ".keep")),
    ]
    for path in ours + others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    sweep.sweep_daily()
    assert all(path.exists() for path in ours + others), "a process may be writing them"
    monkeypatch.setattr(sweep, "_DAY", 0.0)
    sweep.sweep_daily()
    assert not any(path.exists() for path in ours)
    assert all(path.exists() for path in others)
