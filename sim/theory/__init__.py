"""Closed forms and numerically exact oracles, each with its citation."""
