"""A password for people of tests, and a hasher that takes no time."""

from argon2 import PasswordHasher

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse battery"
HASHED = QUICK.hash(PASSWORD)
