"""Emotions over time: where speech is in a long recording, what is answered of its windows, and the segments."""
