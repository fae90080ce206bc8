"""Find the country of a host offline: by its country-code domain or by its IP address.

The country of an address is that to which its regional internet registry assigned it; it may be
used elsewhere. The assignments are part of the package `iptocc`, whose version pins their date.
After an upgrade, `penstock replay` resolves the hosts of a file again.
"""

from iptocc import country_code
from iso3166 import countries_by_alpha2

UNKNOWN = "ZZ"
"""The code of private and unassigned addresses, and of domains without a country."""

_MAPPED = "::ffff:"  # the prefix of an IPv4 address that is written as IPv6
_DOMAINS = {
    "ac": "SH",  # Ascension
    "tp": "TL",  # East Timor until 2002
    "uk": "GB",
    "zr": "CD",  # Zaire until 1997
}
"""Domains of a country that are not its ISO 3166 code."""


def country_of(host: str) -> str:
    """The ISO 3166-1 alpha-2 code of a host name or an IPv4 or IPv6 address; else `UNKNOWN`.

    Generic domains (`.com`, `.edu`, `.gov`, `.arpa`) and those of more than one country (`.eu`,
    `.su`) are unknown, as are names without a dot.
    """
    if not host.isascii():
        return UNKNOWN
    name = host.lower().removesuffix(".")
    code = country_code(name.removeprefix(_MAPPED)) or _of_domain(name)
    return code if code in countries_by_alpha2 else UNKNOWN


def _of_domain(name: str) -> str:
    rest, _, top = name.rpartition(".")
    return _DOMAINS.get(top, top.upper()) if rest else UNKNOWN
