"""What every test needs before it starts."""

from hypothesis import HealthCheck, settings

# The test tools bring a package of the same name; whoever imports it first is the one that Home Assistant loads.
import custom_components.god_kaiser

assert custom_components.god_kaiser

# Generated tests are judged by what they find, not by how fast a busy machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
