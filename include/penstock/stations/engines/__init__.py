"""Engines: which processes load the batches of a part. `load` chooses one."""
