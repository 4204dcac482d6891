"""HuMP-CAT against a linear probe on every target, from no labelled clip to many."""
