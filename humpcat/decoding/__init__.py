"""The decoders behind :mod:`humpcat.audio`: libsndfile first, ffmpeg's libraries for what it does not know."""
