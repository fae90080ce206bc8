"""Ugly files by the thousand, held against an oracle: nothing lost, nothing changed, no crash.

`PENSTOCK_FUZZ_FILES` says how many, `PENSTOCK_FUZZ_SEED` repeats a run; `make test-long` makes
10,000 of them. A failure prints the seed of the one file, and the file.
"""
