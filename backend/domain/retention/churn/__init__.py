"""Which clients have left, of those that were there, and what they were worth."""
