"""Health check of a container: does Airflow count the component named as healthy?

Asks the API server: `airflow jobs check` says the same for seconds of CPU at every look.
"""

import json
import sys
from urllib.request import urlopen

HEALTH = "http://api-server:8080/api/v2/monitor/health"

try:
    with urlopen(HEALTH, timeout=10) as answer:
        sys.exit(json.load(answer)[sys.argv[1]]["status"] != "healthy")
except (OSError, ValueError) as error:
    sys.exit(f"{HEALTH}: {error}")
