"""The bytes of files on their way in: landing zone, compression, encodings, blocks, records."""
