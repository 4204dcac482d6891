"""Evaluation: metrics, intervals, the predictions table and the result table."""
