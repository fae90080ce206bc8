"""Text to booleans and UUIDs."""

import pyarrow as pa
import pyarrow.compute as pc

from penstock.declare.columns import Boolean, Uuid
from penstock.validate.fields import Cast, Texts, chunked, failed, matches, only

TRUE = pa.array(["true", "t", "yes", "y", "on", "1"])
FALSE = pa.array(["false", "f", "no", "n", "off", "0"])

_UUID = r"^\{?(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32})\}?$"
_GROUPS = r"^(.{8})(.{4})(.{4})(.{4})(.{12})$"


def boolean(_column: Boolean, text: Texts) -> Cast:
    """The words that Postgres takes for a boolean, but not their other prefixes."""
    lower = pc.utf8_lower(text)
    is_true = pc.is_in(lower, TRUE)
    known = pc.or_(is_true, pc.is_in(lower, FALSE))
    return chunked(only(is_true, known)), failed(text, known)


def uuid(_column: Uuid, text: Texts) -> Cast:
    """The text that Postgres shows a UUID as: lower case, with hyphens."""
    lower = pc.ascii_lower(text)
    well_formed = pc.and_(matches(lower, _UUID), _both_or_no_braces(lower))
    digits = pc.replace_substring_regex(only(lower, well_formed), "[{}-]", "")
    shown = pc.replace_substring_regex(digits, _GROUPS, r"\1-\2-\3-\4-\5")
    return chunked(shown), failed(text, well_formed)


def _both_or_no_braces(text: Texts) -> pa.ChunkedArray:
    return pc.equal(matches(text, r"^\{"), matches(text, r"\}$"))
