"""How often a test that breaks things at random moments does so: once in `make test`, many times in `make faults`."""

import os

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
LONG = ROUNDS > 1
