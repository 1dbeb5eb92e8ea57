"""Races against what people use today, and how a search grows with its budget."""
