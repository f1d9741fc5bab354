"""What a hub does by itself about what is wrong: few small steps, none of which ever energises anything."""
