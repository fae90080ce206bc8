"""The country of a host: what is known, and that nothing is guessed."""

import pytest

from penstock.datasets.countries import country_of


@pytest.mark.parametrize(
    ("host", "country"),
    [
        ("www.cam.ac.uk", "GB"),
        ("tokyo.example.JP", "JP"),
        ("bettong.client.uq.oz.au", "AU"),
        ("host.example.us", "US"),
        ("host.example.de.", "DE"),
        ("old.example.zr", "CD"),
        ("old.example.tp", "TL"),
    ],
)
def test_a_country_code_domain_tells(host: str, country: str) -> None:
    assert country_of(host) == country


@pytest.mark.parametrize(
    "host",
    [
        *("proxy.aol.com", "mit.edu", "gov", "ksc.nasa.gov", "navy.mil", "un.int", "relay.net"),
        *("x.example.eu", "kremvax.demos.su", "4.3.2.1.in-addr.arpa", "a.yu", "a.cs", "a.qq"),
        *("uk", ".uk", "localhost", "", "-", "unknown", "a.uk:80", "\\xff.uk!", "stra.ß", "ünï.uk"),
    ],
)
def test_what_is_of_no_one_country_is_never_guessed(host: str) -> None:
    assert country_of(host) == "ZZ"


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("193.0.6.139", "NL"),  # RIPE's own
        ("133.11.0.1", "JP"),  # the University of Tokyo
        ("128.232.0.1", "GB"),  # Cambridge
        ("::ffff:133.11.0.1", "JP"),
        ("::FFFF:133.11.0.1", "JP"),
        ("2001:200::1", "JP"),  # WIDE
        ("2001:0200:0000:0000:0000:0000:0000:0001", "JP"),
    ],
)
def test_an_address_has_the_country_it_was_assigned_to(address: str, country: str) -> None:
    assert country_of(address) == country


@pytest.mark.parametrize(
    "address",
    [
        *("10.1.2.3", "172.16.0.1", "192.168.0.1", "127.0.0.1", "169.254.1.1", "100.64.0.1"),
        *("0.1.2.3", "255.255.255.255", "224.0.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9"),
        *("::", "::1", "fe80::1", "fc00::1", "2001:db8::1", "ff02::1", "::ffff:10.0.0.1"),
        *("1.2.3", "1.2.3.4.5", "256.1.1.1", "010.1.1.1", "133.11.0.1:80", "[2001:200::1]"),
    ],
)
def test_private_reserved_and_broken_addresses_are_unknown(address: str) -> None:
    assert country_of(address) == "ZZ"
