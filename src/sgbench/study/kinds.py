"""What the kinds of a study are, as their files in the schema say; light, as the Snakefile imports it.

A kind is one value of the key by which a section of the configuration chooses: the model ``extratrees``, the step
``smote``. ``is`` in its file gives traits, the fields of the classes here, where they are not as here.
"""

from dataclasses import dataclass
from typing import Any, Literal

#: What a modality may give, in words.
PATTERNS = {"images": "images", "lines": "one-dimensional patterns", "numbers": "numbers without an order"}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of anything.

    Attributes:
        key: the key that chooses it, e.g. ``method``, or ``simulate`` and not ``ingest``.
        name: the value of that key; a module, where the section is one of modules.
        description: what it is, in a line.
        label: the text that figures show for an entry that is named as the kind.
        colour: of its lines and dots in figures, as #RRGGBB; none for what figures do not tell by colour.
        settings: the other keys that an entry of this kind may have, without its label.
    """

    key: str
    name: str
    description: str
    label: str
    colour: str | None
    settings: tuple[str, ...]

    def has(self, **traits: Any) -> bool:
        """Say whether all of these traits are as given."""
        return all(getattr(self, name) == value for name, value in traits.items())


@dataclass(frozen=True, kw_only=True)
class Modality(Kind):
    """A kind of patterns.

    Attributes:
        gives: images; lines, which have one dimension; or numbers without an order, for models that take anything.
        size: the setting that the patterns' shape follows from; none where it is that of files.
        filed: simulated into files, and read from them like those of others.
        parts: its files say of which part each sample is.
        knows: what it tells of the conventional cell that no measurement does: its axes, unless the setting ``rotate``
            turns the crystals at random, or its shape.
    """

    gives: Literal["images", "lines", "numbers"] = "images"
    size: str | None = None
    filed: bool = False
    parts: bool = False
    knows: Literal["axes", "cell", None] = None

    @property
    def read(self) -> bool:
        """Whether the samples come from files, its own or those of others."""
        return self.filed or self.key == "ingest"


@dataclass(frozen=True, kw_only=True)
class Dedup(Kind):
    """A way of finding records of the same crystal."""


@dataclass(frozen=True, kw_only=True)
class Split(Kind):
    """A way of dividing samples.

    Attributes:
        parts: it takes the parts that the files name.
        typed: it needs the structure types of the crystals.
    """

    parts: bool = False
    typed: bool = False


@dataclass(frozen=True, kw_only=True)
class Task(Kind):
    """A property to predict."""


@dataclass(frozen=True, kw_only=True)
class Balance(Kind):
    """A step of a balance variant.

    Attributes:
        step: ``sample`` chooses among the samples, ``make`` adds items, ``change`` changes items as they are read,
            ``loss`` changes what is minimised or answered, and ``none`` does nothing.
        proportional: it leaves classes as frequent as they are.
        searches: it tries on dev rows before it plans.
        generates: it makes images before it plans.
        makes: its plans have items that are no plain samples.
        resimulates: it simulates crystals anew.
        augments: its settings are the amplitudes of :mod:`sgbench.simulate.augment`.
        measures: its settings are those of :mod:`sgbench.simulate.measurement`.
        weighs: it is class weights and nothing else, which every model takes that learns from labels.
        corrects: it corrects what a model answers, which every model takes that learns from labels.
    """

    step: Literal["sample", "make", "change", "loss", "none"]
    proportional: bool = False
    searches: bool = False
    generates: bool = False
    makes: bool = False
    resimulates: bool = False
    augments: bool = False
    measures: bool = False
    weighs: bool = False
    corrects: bool = False

    @property
    def minimises(self) -> bool:
        """Whether it puts a loss of its own in the place of cross-entropy."""
        return self.step == "loss" and not (self.weighs or self.corrects)


@dataclass(frozen=True, kw_only=True)
class Model(Kind):
    """A model.

    Attributes:
        network: it learns by gradient descent, on a GPU where there is one.
        takes: images or lines, where it takes only these.
        labels: it learns from labels.
        levels: it has levels, and learns as the model inside it does.
        components: its history tells the share of the variance of each component.
        responds: it shows what its layers respond to.
        needs: ``network``, where the model inside it must be one.
        judging: a setting that its training knows nothing of, so that one training serves all its values.
    """

    network: bool = False
    takes: Literal["images", "lines", None] = None
    labels: bool = True
    levels: bool = False
    components: bool = False
    responds: bool = False
    needs: Literal["network", None] = None
    judging: str | None = None


#: The sections of the configuration whose entries are of kinds.
SECTIONS: dict[str, type[Kind]] = {
    "modalities": Modality,
    "dedup": Dedup,
    "splits": Split,
    "tasks": Task,
    "balances": Balance,
    "models": Model,
}
