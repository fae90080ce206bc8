"""The files of `docs/files.md`, given to other tools: how many of the rows meant arrive."""
