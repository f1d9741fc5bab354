"""What devices are made of: channels, types, plans, calibrations and the messages to them."""
