"""Results, cases and analyses as tables on a screen and as plain data for JSON."""
