"""The messages between driver and workers, and what a worker does with it."""
