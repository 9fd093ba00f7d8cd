"""Balance variants, one module each, by the name that the configuration uses.

A module has a dataclass ``Settings`` and ``plan(rows, settings, seed, images)``, which turns a table of training rows
into a plan of training items; see :mod:`sgbench.balance.plan`. It may have besides

- ``search(rows, dev, settings, seed, images, dev_images)``, which tries what dev rows judge and returns the record of
  it as a table; ``plan`` then takes this table as its last argument and never meets a dev row;
- ``generate(rows, settings, seed, images, crystals, made_by)``, which yields new images of small classes, each a
  :class:`sgbench.balance.plan.Made`; they go to a second store, and ``plan`` takes the table of them as its last
  argument;
- ``weights(counts, settings)``, the weight of each class in the loss;
- ``Loss``, what training minimises in place of cross-entropy; see :mod:`sgbench.training.losses`.
"""
