# Home Assistant resolves voluptuous to probatio; type checkers see it here.
from probatio import *
