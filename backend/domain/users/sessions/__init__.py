"""Sessions of browsers.

`sign_in` counts attempts, checks the password outside of any transaction and begins a session.
"""
