"""Ends a process when its parent dies, by a signal from the kernel."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # from linux/prctl.h


def end_with(parent: int) -> None:
    """Send this process SIGTERM when its parent dies. `parent` is the parent's pid.

    The parent passes its own pid, so a parent that died before this call is detected: then this
    process exits at once.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit("the parent process is gone")
