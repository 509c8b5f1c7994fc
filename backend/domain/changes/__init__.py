"""Reading the change log that `feed` writes: events for other systems, all of it for admins.

`seals` says whether the log is what was written.
"""
