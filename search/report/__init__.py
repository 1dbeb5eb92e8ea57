"""What does it mean? From the store to one self-contained page."""
