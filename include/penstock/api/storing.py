"""Converts errors of storing a file to error responses."""

from collections.abc import Iterator
from contextlib import contextmanager

from penstock.api.errors import ApiError
from penstock.intake.uploads import UploadTooLarge, Waiting


@contextmanager
def storing() -> Iterator[None]:
    """Use this around code that receives a file and lands it.

    Raises:
        ApiError: 409, other content waits at the path; 413, the file is too large; 507, the disk
            cannot store it.
    """
    try:
        yield
    except Waiting as error:
        raise ApiError(409, str(error), headers={"Retry-After": "5"}) from None
    except UploadTooLarge as error:
        raise ApiError(413, f"the file is {error}") from None
    except TimeoutError:  # a subclass of OSError
        raise
    except OSError as error:
        text = f"the file cannot be stored: {error.strerror or error}"
        raise ApiError(507, text) from error
