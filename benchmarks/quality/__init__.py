"""How long a search takes to the same held-out quality, by pruner."""
