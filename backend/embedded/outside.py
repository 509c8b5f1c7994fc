"""What a database, a queue or a file that cannot be used says to whoever runs the product."""

import socket

from redis.exceptions import ConnectionError as NoQueue
from redis.exceptions import TimeoutError as SlowQueue
from sqlalchemy.exc import DBAPIError

UNREACHED = (ConnectionError, socket.gaierror, TimeoutError)


def sentence(error: Exception) -> str | None:
    """What is wrong outside and what to do; None where the error is of another kind.

    A driver's error without a statement comes from the connection: nothing was asked yet.
    """
    if isinstance(error, NoQueue | SlowQueue):
        return (
            f"The queue does not answer ({_told(error)}): start it, or correct VORONKA_REDIS_URL"
            " (`voronka run` brings a queue along)"
        )
    if isinstance(error, DBAPIError) and error.statement is None:
        error = error.orig if isinstance(error.orig, Exception) else error
    elif not isinstance(error, UNREACHED):
        return _of_a_file(error)
    return (
        f"The database does not answer ({_told(error)}): start it, or correct VORONKA_DATABASE_URL"
        " or, where it is a file, VORONKA_DATA_DIR"
    )


def _of_a_file(error: Exception) -> str | None:
    if not isinstance(error, OSError) or error.filename is None:
        return None
    told = f"{error.filename} cannot be used ({error.strerror})"
    return f"{told}: give another path, or mend this one"


def _told(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
