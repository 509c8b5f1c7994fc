"""What the preparing process tells the supervisor, on one line of JSON."""

import msgspec


class FirstAdmin(msgspec.Struct):
    """An administrator that was made just now; the password is known nowhere else."""

    email: str
    password: str


class Prepared(msgspec.Struct):
    """The revisions applied and the first administrator if there was none, or why not."""

    applied: list[str] = []
    admin: FirstAdmin | None = None
    error: str | None = None
