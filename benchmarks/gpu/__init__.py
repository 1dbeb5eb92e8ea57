"""What a GPU changes: whether trials use it as they should, and how fast they then are."""
