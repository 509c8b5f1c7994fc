"""Properties are tried with the same examples on every machine."""

from hypothesis import settings

settings.register_profile("voronka", derandomize=True, deadline=None, database=None)
settings.load_profile("voronka")
