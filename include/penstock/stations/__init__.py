"""The way of a file: plan, load, seal, build."""
