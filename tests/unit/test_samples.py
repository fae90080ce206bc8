"""The larger samples, which the charts of the demo need."""

import gzip
from pathlib import Path

import pytest
from tools import samples

from penstock.datasets import all_datasets


def test_the_program_writes_the_samples_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = _content(samples.FOLDER)
    monkeypatch.setattr(samples, "FOLDER", tmp_path)
    samples.main()
    assert _content(tmp_path) == kept


def test_each_lands_as_a_file_of_its_dataset() -> None:
    for path in samples.FILES:
        dataset, _, name = path.partition("/")
        assert all_datasets()[dataset].accepts(name), path


def _content(folder: Path) -> dict[Path, bytes]:
    """The content of each file; of images only that they are there: zlib compresses as it likes."""
    return {path.relative_to(folder): _read(path) for path in folder.rglob("*") if path.is_file()}


def _read(path: Path) -> bytes:
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    return b"" if path.suffix == ".png" else path.read_bytes()
