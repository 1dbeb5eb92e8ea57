"""What has happened? The run folder and all that is in it; only this room knows a path on disk."""
