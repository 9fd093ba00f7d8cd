"""Diffraction patterns from crystals: one module a modality."""
