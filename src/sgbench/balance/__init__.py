"""Balance variants, one module each: a table of training rows in, a plan of training items out.

A module has a dataclass ``Settings`` and ``plan(rows, settings, seed, images)``; see :mod:`sgbench.balance.plan`.
"""
