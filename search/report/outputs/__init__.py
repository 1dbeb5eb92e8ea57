"""The outputs of a "custom" task's model, each in a section of its own, by its own task."""
