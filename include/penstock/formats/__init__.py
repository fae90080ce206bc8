"""Bytes of a block to rows: a module a format."""
