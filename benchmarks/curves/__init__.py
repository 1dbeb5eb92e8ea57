"""Learning curves of real trainings, and pruners that are replayed against them."""
