"""Files that the API stores: what can go wrong with one, as an answer."""

from collections.abc import Iterator
from contextlib import contextmanager

from penstock.api.errors import ApiError
from penstock.intake.uploads import TooLarge, Waiting


@contextmanager
def storing() -> Iterator[None]:
    """Around whatever takes a file in and lands it.

    Raises:
        ApiError: 409, something else is where it is to land; 413, it is too large; 507, the disk
            does not take it.
    """
    try:
        yield
    except Waiting as error:
        raise ApiError(409, str(error), headers={"Retry-After": "5"}) from None
    except TooLarge as error:
        raise ApiError(413, f"the file is {error}") from None
    except TimeoutError:  # an OSError, too
        raise
    except OSError as error:
        text = f"the file cannot be stored: {error.strerror or error}"
        raise ApiError(507, text) from error
