"""Files written aside: whole or not at all, and what a killed process left goes after a day."""

from pathlib import Path

import pytest

from penstock.datasets import get
from penstock.files import aside, landing

pytestmark = pytest.mark.usefixtures("bare_home")


def test_a_draft_becomes_its_target_or_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "a.txt"
    with aside.draft(target) as draft:
        draft.write_text("old")
    told = r"No space left on device: '.*/\.a\.txt\.\d+\.part'"
    with pytest.raises(OSError, match=told), aside.draft(target) as draft:
        draft.write_text("half")
        raise OSError(28, "No space left on device")
    assert [path.name for path in target.parent.iterdir()] == ["a.txt"]
    assert target.read_text() == "old"


def test_only_what_we_left_and_only_after_a_day_is_swept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = landing.folder(get("events")) / "2024"
    uploads = landing.root() / ".uploads"
    ours = [folder / ".a.txt.123.part", uploads / f"{'0f' * 16}.part"]
    others = [
        *(folder / name for name in ("a.txt.part", ".a.txt.part", ".a.txt.x1.part", ".b.123")),
        *(folder / name for name in (f"{'0f' * 16}.part", "a.txt")),
        *(uploads / name for name in (f"{'0f' * 16}.json", ".keep")),
    ]
    for path in ours + others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    aside.sweep_daily()
    assert all(path.exists() for path in ours + others), "a process may be writing them"
    monkeypatch.setattr(aside, "_DAY", 0.0)
    aside.sweep_daily()
    assert not any(path.exists() for path in ours)
    assert all(path.exists() for path in others)
