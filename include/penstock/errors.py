"""The errors Penstock raises on purpose. Their text is written for the person who reads it."""


class PenstockError(Exception):
    """Something the user can mend; the message says what was wrong and what was expected."""


class RejectFile(PenstockError):
    """A whole file is not what it claims to be; the message becomes the file's `reason`."""


class HostFault(PenstockError):
    """The machine failed, not the file. What waits for it to be mended is tried again."""
