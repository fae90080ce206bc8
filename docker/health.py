"""Health check of a container: fails unless Airflow reports the named component as healthy.

It asks the API server, because `airflow jobs check` costs seconds of CPU. It bypasses a proxy,
because the API server is in the same network.
"""

import json
import sys
from urllib.request import ProxyHandler, build_opener

HEALTH = "http://api-server:8080/api/v2/monitor/health"

try:
    with build_opener(ProxyHandler({})).open(HEALTH, timeout=10) as answer:
        sys.exit(json.load(answer)[sys.argv[1]]["status"] != "healthy")
except (OSError, ValueError) as error:
    sys.exit(f"{HEALTH}: {error}")
