"""Tools of the repository: set-up, checks, demo, pictures."""
