"""The version a caller has read against the one a record has now."""

from backend.errors import PreconditionRequired, Stale


def demand_version(current: int, if_match: int | None) -> None:
    """Stale where the caller read another version; PreconditionRequired where he names none (0).

    None means that he need not have read the record.
    """
    if if_match == 0:
        raise PreconditionRequired(
            f'Send If-Match with the version you have read (it is "{current}" now)'
        )
    if if_match is not None and if_match != current:
        raise Stale(
            f"This record was changed meanwhile: it is at version {current}; read it again",
            version=current,
        )
