"""What may be energised, and for how long: interlocks, gate, leases, emergency stop."""
