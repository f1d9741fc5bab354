"""The journal on the disk: everything that has happened, the trail that nobody can change unseen, and the runs that are over."""
