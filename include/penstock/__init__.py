"""Penstock: files that land in a folder or bucket become Postgres marts that people trust."""
