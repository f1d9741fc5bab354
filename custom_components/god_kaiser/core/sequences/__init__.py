"""Programs of steps: what they are, how they are read and checked."""
