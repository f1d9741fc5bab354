"""Alarms: what needs a person, from the moment it begins until somebody has seen it and it is over."""
