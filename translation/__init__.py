"""The meaning between the two contracts, as pure functions: no I/O, no clock, no globals."""
