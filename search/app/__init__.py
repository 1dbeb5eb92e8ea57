"""The use cases as functions: run, resume, finish, check, export, reproduce."""
