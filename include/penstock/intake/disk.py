"""What a file needs beside its own fsync."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` as durable as what they name."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
