"""The documentation: the generated parts of sim/MODEL.md and the site."""
