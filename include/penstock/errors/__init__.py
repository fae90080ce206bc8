"""The errors Penstock raises on purpose. Their text is written for the person who reads it."""

from collections.abc import Mapping


class PenstockError(Exception):
    """Something the user can mend; the message says what was wrong and what was expected."""

    exit_code = 1


class BadSetting(PenstockError):
    """Settings that cannot be: a line each, with its name and what was expected."""

    exit_code = 2


class RejectFile(PenstockError):
    """A whole file is not what it claims to be; the message becomes the file's `reason`."""


class HostFault(PenstockError):
    """The machine failed, not the file. What waits for it to be mended is tried again."""


class BadRows(Exception):
    """What a dataset's `prepare` raises when it knows which rows are bad, and why.

    `reasons` maps the lines of these rows, by which the frame is indexed, to what a person reads.
    """

    def __init__(self, reasons: Mapping[int, str]) -> None:
        super().__init__("; ".join(f"line {line}: {why}" for line, why in reasons.items()))
        self.reasons = dict(reasons)
