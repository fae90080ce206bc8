"""Penstock: files that land in a folder or bucket become Postgres marts that people trust."""

import os

# Arrow reads this when it is first used. Its own allocator gives memory back to the kernel between
# two blocks and faults it in again; with glibc's, `engines.memory` can keep it.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
