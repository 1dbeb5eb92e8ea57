"""Statements about the product; `python -m tests` runs every check there is."""
