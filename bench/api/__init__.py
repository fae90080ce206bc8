"""`make bench-api`: requests a second, latencies, and the speed of an upload."""
