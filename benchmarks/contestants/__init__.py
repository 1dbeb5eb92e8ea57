"""One script a contestant: searches as it is told, and prints what came of it as JSON."""
