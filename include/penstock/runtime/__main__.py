"""The supervisor as a program: `python -m penstock.runtime`."""

import logging
import sys

from penstock.errors import PenstockError
from penstock.runtime import supervisor
from penstock.settings import settings

logging.basicConfig(level="INFO", format="%(asctime)s %(message)s")
try:
    supervisor.supervise(settings().home)
except PenstockError as error:
    sys.exit(f"penstock: {error}")
