"""Space-group classification from diffraction patterns under class imbalance."""

__version__ = "0.1.0"
