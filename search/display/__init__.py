"""What does a user see while a search runs: in a terminal, in a notebook, in a pipe?"""
