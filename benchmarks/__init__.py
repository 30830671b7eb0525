"""Timed comparisons. They claim ratios measured in one run, never seconds."""
