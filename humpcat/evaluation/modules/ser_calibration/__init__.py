"""Calibration of speech emotion recognition as a metric of the ``evaluate`` library."""
