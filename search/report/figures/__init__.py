"""The figures: one file a question; each gives SVG text that takes its colours from the page."""
