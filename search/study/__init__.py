"""What is searched? The study, its parameters, data and split, and the values all rooms share."""
