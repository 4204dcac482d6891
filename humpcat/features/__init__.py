"""Features: encoder hidden states, MFCC and prosody on one 20 ms grid; openSMILE; feature sets; the feature store."""
