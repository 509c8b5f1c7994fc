"""The version a caller has read against the one a record has now."""

from collections.abc import Iterable

from backend.errors import PreconditionRequired, Stale


class AnyOf(int):
    """Several versions, each of which the caller would write over."""

    versions: frozenset[int]

    def __new__(cls, versions: Iterable[int]) -> "AnyOf":
        kept = frozenset(versions)
        made = super().__new__(cls, max(kept))
        made.versions = kept
        return made


def demand_version(current: int, if_match: int | None) -> None:
    """Stale where the caller read another version; PreconditionRequired where he names none (0).

    None means that he need not have read the record.
    """
    if if_match == 0:
        raise PreconditionRequired(
            f'Send If-Match with the version you have read (it is "{current}" now)'
        )
    if if_match is None:
        return
    if current not in (if_match.versions if isinstance(if_match, AnyOf) else (if_match,)):
        raise Stale(
            f"This record was changed meanwhile: it is at version {current}; read it again",
            version=current,
        )
