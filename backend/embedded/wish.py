"""The wish for a demo: noted in a new data directory, and gone once it is granted or declined."""

from pathlib import Path

NOTE = "demo-wanted"
DATABASE = "voronka.db"


def make(data_dir: Path) -> None:
    """Wish for the demo, where the database is still to be made."""
    if not (data_dir / DATABASE).exists():
        (data_dir / NOTE).touch(mode=0o600)


def made(data_dir: Path) -> bool:
    """Whether a demo is wished for and has not come yet."""
    return (data_dir / NOTE).exists()


def granted(data_dir: Path) -> None:
    """Nothing is to be done about it any more."""
    (data_dir / NOTE).unlink(missing_ok=True)
