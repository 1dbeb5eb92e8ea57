"""How good is a model on rows, how sure is that, and is it better than another on the same rows?"""
