"""A file is written whole or not at all."""

from pathlib import Path

import pytest

from penstock.files.atomic import atomic_write


def test_a_draft_becomes_its_target_or_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "a.txt"
    with atomic_write(target) as draft:
        draft.write_text("old")
    named = r"No space left on device: '.*/\.a\.txt\.\d+\.part'"
    with pytest.raises(OSError, match=named), atomic_write(target) as draft:
        draft.write_text("half")
        raise OSError(28, "No space left on device")
    assert [path.name for path in target.parent.iterdir()] == ["a.txt"]
    assert target.read_text() == "old"
