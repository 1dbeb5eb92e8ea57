"""Which model really is best? Fresh seeds, yardsticks, and the one opening of the held-out rows."""
