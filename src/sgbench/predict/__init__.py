"""A trained model as one file, and what it says of patterns that nobody has a label for."""
