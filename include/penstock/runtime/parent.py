"""A process that must not outlive its parent: the kernel tells it when the parent dies."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # from linux/prctl.h


def end_with(parent: int) -> None:
    """Get SIGTERM when `parent`, the pid of the process that started this one, dies.

    The parent tells its own pid: one that died before this call is noticed too, and ends this
    process at once.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the parent process is gone")
