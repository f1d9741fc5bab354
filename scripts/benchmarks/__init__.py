"""Measurements; every comparison is made in one run, because machines differ."""
