"""What every test needs before it starts."""

# The test tools bring a package of the same name; whoever imports it first is the one that Home Assistant loads.
import custom_components.god_kaiser

assert custom_components.god_kaiser
