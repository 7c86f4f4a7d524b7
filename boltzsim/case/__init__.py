"""The case: TOML in, a validated and frozen description of one run out; the only place for units and defaults."""
