"""What is searched? The study, its parameters and budget, and the values all rooms share."""
