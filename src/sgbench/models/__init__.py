"""Models, one module each, by the name that the configuration uses; see :mod:`sgbench.models.base`."""
