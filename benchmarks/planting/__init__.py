"""Rows and studies with a known defect, and ones with none."""
