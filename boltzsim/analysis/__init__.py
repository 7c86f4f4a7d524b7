"""Numbers that an experimenter would extract from results and series, beside the exact ones."""
