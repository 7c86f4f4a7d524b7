"""Numbers drawn from one result: terminal voltages, non-local resistances, decay rates, arrival times."""
