"""Run the supervisor as a program: `python -m penstock.runtime`."""

import logging

from penstock.errors import faults
from penstock.runtime import supervisor
from penstock.settings import settings

logging.basicConfig(level="INFO", format="%(asctime)s %(message)s")
with faults.told():
    supervisor.supervise(settings().home)
