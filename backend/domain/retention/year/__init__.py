"""Which terms end in which month of a year, and who has how much of them before him."""
