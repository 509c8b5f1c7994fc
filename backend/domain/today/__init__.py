"""My day: what somebody's work begins with.

`told` is what he has not read yet, `care` what heads and admins look after.
"""
