#!/bin/bash
# Brings both databases to this image's schema and sets the web user's password. Safe to repeat.
set -euo pipefail
penstock migrate
airflow db migrate
umask 077
python >"$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE" <<'PYTHON'
import json, os
print(json.dumps({os.environ["WEB_USER"]: os.environ["WEB_PASSWORD"]}))
PYTHON
