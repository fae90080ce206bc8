"""The errors that Penstock raises for its users. Each message says what to do."""

from collections.abc import Mapping


class PenstockError(Exception):
    """An error that the user can fix; the message says what was wrong and what was expected."""

    exit_code = 1


class BadSetting(PenstockError):
    """Invalid settings: one line for each, with its name and what was expected."""

    exit_code = 2


class RejectFile(PenstockError):
    """The whole file is invalid; the message becomes the file's `reason`."""


class HostFault(PenstockError):
    """The machine failed, not the file. The file waits and is tried again."""


class BadRows(Exception):
    """A dataset's `prepare` raises this to refuse rows.

    `reasons` maps the line of each bad row, which is its index in the frame, to the reason.
    """

    def __init__(self, reasons: Mapping[int, str]) -> None:
        super().__init__("; ".join(f"line {line}: {why}" for line, why in reasons.items()))
        self.reasons = dict(reasons)
