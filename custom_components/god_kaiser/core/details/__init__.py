"""What each kind of event tells in ``data``, as types: one file for each part of the house, and one table of all."""
