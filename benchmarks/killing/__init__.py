"""Kills searches at random moments, resumes them, and looks for anything lost."""
