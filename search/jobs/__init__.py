"""What driver and workers say to each other, and what a worker does with it."""
