"""What is known about the devices: who is there, what they last said, what they should know."""
