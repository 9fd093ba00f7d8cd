"""The steps that balance variants are made of, one module each, by the name that the configuration uses.

A variant is a list of steps in this order, put together by :class:`sgbench.balance.variant.Variant`. A module has a
dataclass ``Settings`` and, by the kind of its step,

- sample, of which there may be several, each on the rows that the one before left, and make, of which there is one at
  most: ``plan(rows, settings, seed, images)``, which turns a table of training rows into a plan of training items, see
  :mod:`sgbench.balance.plan`. A step that samples plans rows as they are, fewer or more often;
- change: ``change(items, settings, seed)``, which takes a plan, with name, the class's, and returns one that says which
  items are changed when they are read, and ``augmenter(made_by, settings)``, which returns what changes them;
- loss: ``weights(counts, settings)``, the weight of each class, or ``Loss``, what training minimises in place of
  cross-entropy, see :mod:`sgbench.training.losses`, or both.

A step that makes may have besides

- ``search(rows, dev, settings, seed, images, dev_images)``, which tries what dev rows judge and returns the record of
  it as a table; ``plan`` then takes this table as its last argument and never meets a dev row;
- ``generate(rows, settings, seed, images, crystals, made_by)``, which yields new images of small classes, each a
  :class:`sgbench.balance.plan.Made`; they go to a second store, and ``plan`` takes the table of them as its last
  argument.
"""
