"""Where the tests' servers keep their files: in memory if there is room, else on disk."""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 1 << 30


def quick() -> str | None:
    """A directory in memory; None (the system's own choice) where that is too small."""
    fits = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return str(MEMORY) if fits else short()


def short() -> str | None:
    """A directory on disk in which a socket's path stays under 104 bytes."""
    return None if len(tempfile.gettempdir()) < 60 else "/tmp"
