"""Which model really is best? Fresh seeds, reference models, and the one held-out evaluation."""
