"""Rules: a question about the world, and what is wanted for as long as its answer is yes."""
