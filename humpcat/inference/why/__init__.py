"""Why a clip was answered as it was: what contributed, when, and how it was said."""
