"""Keep the allocator from returning the memory of every block to the kernel and asking again.

Page faults of freshly mapped buffers were a third of a loader's CPU time; glibc's two thresholds
stop that, and the memory a loader keeps is that of one block.
"""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # from malloc.h
_MOST_MMAP = 32 << 20  # the largest value glibc takes
_KEPT = 512 << 20


def keep_freed_memory() -> None:
    """Call once in a process that loads; does nothing where the C library is not glibc."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_MMAP_THRESHOLD, _MOST_MMAP)
        libc.mallopt(_TRIM_THRESHOLD, _KEPT)
