"""A gate before children that load meanwhile, but must not work before it opens."""

import os


class Gate:
    """Opens once, for those who wait at it and for whoever comes later."""

    def __init__(self) -> None:
        self.descriptor, self._held = os.pipe()

    def open(self) -> None:
        """Let everybody through."""
        os.close(self._held)


def wait(descriptor: int) -> None:
    """Wait at a gate whose descriptor was handed down; nothing is written, its end is the word."""
    os.read(descriptor, 1)
