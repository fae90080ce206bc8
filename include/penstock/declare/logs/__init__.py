"""Formats of server logs for use in a dataset, each with the columns that it gives."""

from penstock.declare.logs.alb import ALB, ALB_COLUMNS
from penstock.declare.logs.caddy import CADDY, CADDY_COLUMNS
from penstock.declare.logs.logformat import LogFormat
from penstock.declare.logs.ncsa import NCSA, NCSA_COLUMNS
from penstock.declare.logs.w3c import CLOUDFRONT_COLUMNS, IIS_COLUMNS, W3C

__all__ = [
    "ALB",
    "ALB_COLUMNS",
    "CADDY",
    "CADDY_COLUMNS",
    "CLOUDFRONT",
    "CLOUDFRONT_COLUMNS",
    "COMBINED",
    "COMMON",
    "IIS_COLUMNS",
    "NCSA",
    "NCSA_COLUMNS",
    "VHOST_COMBINED",
    "W3C",
    "LogFormat",
]

COMMON = LogFormat('%h %l %u %t "%r" %>s %b')
COMBINED = LogFormat('%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"')
VHOST_COMBINED = LogFormat('%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"')
CLOUDFRONT = W3C()
