"""How a file becomes a study, and how it travels to workers."""
