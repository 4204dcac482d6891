"""Protocols: who is trained on, adapted on and tested on; the leakage guard."""
