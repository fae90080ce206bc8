"""Files of each format to rows: one reader for each format, found in `registry`."""
