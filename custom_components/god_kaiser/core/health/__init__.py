"""What may be wrong with a hub: pure checks over what it knows, each of which gives findings."""
