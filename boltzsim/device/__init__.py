"""From a case to the discrete equation, and from its moments back to fields in SI."""
