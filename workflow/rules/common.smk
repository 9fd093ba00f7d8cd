# The study: its configuration checked, its matrix, and what the rules share.

import json
from functools import cache, reduce
from itertools import chain
from operator import getitem
from os.path import relpath
from pathlib import Path

from sgbench.errors import SgbenchError
from sgbench.study import schema
from sgbench.study.config import AXES, COUNTED, REMOVED, Cell, check, entries
from sgbench.study.counterparts import without_levels
from sgbench.study.exams import of_others
from sgbench.study.looks import looks
from sgbench.study.provenance import code_hash
from sgbench.study.schema import parts
from sgbench.study.starts import chain as chain_of_starts

try:
    SCHEMA = schema.read("config/schema")
    CELLS = check(config, "config/schema", [relpath(file) for file in workflow.configfiles])
except SgbenchError as error:
    raise WorkflowError(str(error))

# How figures show the names of the study.
LOOKS = looks(config, SCHEMA)

RESULTS = f"results/{config['study']}"
PUBLISHED = list(entries(config["published"]).values())

# Results are addressed by what they are, one folder a decision.
CELL = f"{RESULTS}/{{modality}}/{{dedup}}/{{split}}/{{task}}/{{balance}}/{{model}}/seed{{seed}}"
CELL_NAME = "{modality}.{dedup}.{split}.{task}.{balance}.{model}.{seed}"


def per_cell(patterns, cells=CELLS):
    """Return the paths of ``patterns`` for each training of the matrix, without repeats."""
    values = [cell._asdict() for cell in cells]
    return list(dict.fromkeys(str(pattern).format(**cell) for cell in values for pattern in patterns))


def kind(section, name):
    """Return what an entry of the configuration is; see sgbench.study.kinds."""
    return SCHEMA.kind(section, config[section][name])


STEPS = {name: SCHEMA.steps(variant) for name, variant in config["balances"].items()}


def steps(balance, **traits):
    """Return the steps of a balance variant, with their settings, that have all of these traits."""
    settings = config["balances"][balance]["steps"]
    return [step for step, known in zip(settings, STEPS[balance]) if known.has(**traits)]


def steps_that(*places):
    """Return a parameter: the steps of a variant that sample, make or change items, or change the loss."""
    return lambda wildcards: [step for place in places for step in steps(wildcards.balance, step=place)]


def methods_that(*places):
    """Return a parameter: the modules of these steps."""
    return lambda wildcards: [step["method"] for step in steps_that(*places)(wildcards)]


def is_network(model):
    """Say whether a model learns by gradient descent, as a whole or in part."""
    return any(part.network for part in SCHEMA.chain(config["models"][model]))


def model_kinds(wildcards):
    """Return the kinds of a model and of those inside it: the modules that it is made of."""
    return [part["kind"] for part in parts(config["models"][wildcards.model])]


def growing(mem_mb):
    """Return a request for memory that grows with each retry; a profile says how many there are."""
    return lambda wildcards, attempt: mem_mb * attempt


# Keys of an entry that are no settings: the text of figures, and what a job reads.
BESIDE = ("label", "crystals")


def settings_alone(entry):
    return {key: value for key, value in entry.items() if key not in BESIDE}


def setting(path):
    """Return a parameter: the part of the configuration at ``path``, which may contain wildcards.

    An entry is its settings alone. Snakemake's ``lookup`` does much the same, but walks the whole
    configuration for each job: a third of a large dry run.
    """

    def parameter(wildcards):
        found = reduce(getitem, path.format(**dict(wildcards.items())).split("/"), config)
        return settings_alone(found) if isinstance(found, dict) else found

    return parameter


def code(script, **chosen):
    """Return a parameter that changes with the library code that a script reaches.

    ``chosen`` names the modules that the script picks at run time: a package, and the key of the
    configuration that says which, e.g. simulate="modalities/{modality}/simulate", or a parameter that does, one name or
    several, "" for none.
    """
    keys = {package: key if callable(key) else setting(key) for package, key in chosen.items()}

    def parameter(wildcards):
        picked = ((package, key(wildcards)) for package, key in keys.items())
        modules = [
            f"sgbench.{package}.{name}"
            for package, value in picked
            for name in ([value] if isinstance(value, str) else value)
            if name
        ]
        return code_hash(f"workflow/scripts/{script}.py", *modules)

    return parameter


def one_of(names):
    """Return the pattern of a wildcard that is one of ``names``, and matches nothing where there are none."""
    return "|".join(names) or "(?!)"


def exams(modality):
    """Return the exams that the models of a modality sit."""
    return [exam for exam, trained in config["exams"].items() if modality in trained]


def outside(wildcards):
    """Say whether what a model is judged on shows other crystals than those that it learns from."""
    return "judged" in wildcards.keys() and of_others(config["modalities"][wildcards.judged])


# Trainings that sit exams, a row for each of these, after one for their own modality.
TRANSFERS = [
    (*cell, judged)
    for cell in CELLS
    if exams(cell.modality)
    for judged in [cell.modality, *exams(cell.modality)]
]
TRANSFER_FIELDS = [*Cell._fields, "judged"]


def judged_paths(name, transfers):
    """Return the files of one name, predictions or metrics, of trainings on their own modality and in exams."""
    own, elsewhere = rules.judge_model.output[name], rules.judge_exam.output[name]
    rows = (dict(zip(TRANSFER_FIELDS, transfer)) for transfer in transfers)
    return [(own if row["judged"] == row["modality"] else elsewhere).format(**row) for row in rows]


def streams(balance):
    """Say whether a balance variant has items made beside training."""
    return any(step.get("fresh") for step in config["balances"][balance]["steps"])


def trained_by(wildcards):
    """Return a parameter: the steps of a variant that training takes part in."""
    before = ("sample", "make") if streams(wildcards.balance) else ()
    return steps_that(*before, "change", "loss")(wildcards)


def search_record(wildcards):
    """Return the search that a variant's plan follows from, where it has one."""
    searching = steps(wildcards.balance, searches=True)
    return expand(rules.search_balance.output.search, **wildcards) if searching else []


def structure_types(wildcards):
    """Return an input: the structure types of the crystals, where a split of the study needs them and there are some."""
    needed = any(kind("splits", cell.split).typed for cell in CELLS)
    known = needed and kind("modalities", wildcards.modality).key == "simulate"
    return rules.find_structure_types.output.types if known else []


def known_by(wildcards):
    """Return by which column the samples of a modality know a crystal: those of files have ids of their own."""
    return "material" if kind("modalities", wildcards.modality).filed else "id"


def generated(*outputs):
    """Return an input: what a variant generated, its store and its table, where it does."""

    def files(wildcards):
        generating = steps(wildcards.balance, generates=True) and not streams(wildcards.balance)
        patterns = [rules.generate_items.output[output] for output in outputs if generating]
        return expand(patterns, **wildcards)

    return files


def stream_of(wildcards):
    """Return an input: the crystals that a stream is made from, where a variant has one."""
    return [rules.read_crystals.output.crystals] if streams(wildcards.balance) else []


def measured_again(wildcards):
    """Return what measures the crystals of a modality again for a variant, "" where none is."""
    again = steps(wildcards.balance, resimulates=True)
    return kind("modalities", wildcards.modality).name if again else ""


def training(model):
    """Return the settings of a model that its training depends on."""
    others = ("label", "start", kind("models", model).judging)
    return {key: value for key, value in config["models"][model].items() if key not in others}


def judging(wildcards):
    """Return the setting of a model that judging alone depends on, by its name, where there is one."""
    name = kind("models", wildcards.model).judging
    return {name: config["models"][wildcards.model][name]} if name else {}


@cache
def trainer(model):
    """Return the first of the models that differ from ``model`` at most in how they judge: it is trained for all."""
    same = (name for name in config["models"] if training(name) == training(model))
    return next(same) if kind("models", model).judging else model


def trained(wildcards):
    """Return an input: the trained model that judges."""
    return rules.fit_model.output.model.format(**{**wildcards, "model": trainer(wildcards.model)})


TRAININGS = [cell._replace(model=trainer(cell.model)) for cell in CELLS]


def started_from(cell):
    """Return a training and those that it starts from, one after the other."""
    found = chain_of_starts(config, cell.balance, cell.model)
    return [cell._replace(balance=balance, model=model) for balance, model in found]


def start_of(wildcards):
    """Return an input: the trained model that a model starts from, where it does."""
    return [f"{CELL}/model.pt".format(**cell._asdict()) for cell in started_from(Cell(**wildcards))[1:2]]


def weight_files(wildcards):
    """Return the files of pretrained weights that a model starts from."""
    named = [part.get("weights") for part in parts(config["models"][wildcards.model])]
    return [name for name in named if name not in (None, "torchvision")]


def removals():
    """Return modality and dedup of the published numbers about records removed."""
    rows = [row["cell"] for row in PUBLISHED if row["metric"] == REMOVED]
    return list(dict.fromkeys((cell["modality"], cell["dedup"]) for cell in rows))


def counted():
    """Return modality, dedup and split of the published numbers of samples a space group."""
    rows = [row["cell"] for row in PUBLISHED if row["metric"] in COUNTED]
    return list(dict.fromkeys((cell["modality"], cell["dedup"], cell["split"]) for cell in rows))


def confused():
    """Return what the names of the confusion matrices say that stand beside published ones."""
    found = []
    for way in (dict(row["cell"]) for row in PUBLISHED if row["confusion"]):
        exam = [way.pop("judged")] if "judged" in way else []
        place = "beside_on" if exam else "beside"
        found += [
            ".".join([place, cell.modality, *exam, cell.split, cell.task, cell.model])
            for cell in cells(**way)
        ]
    return list(dict.fromkeys(found))


def sitting(judged, **fixed):
    """Return trainings as ``cells`` does, as they sit an exam."""
    return [(*cell, judged) for cell in cells(**fixed)]


def trickling(**fixed):
    """Return for each model with levels the one that it is made of, where both are among the main trainings."""
    trained = {name: config["models"][name] for name in names("model", main_cells(**fixed))}
    return without_levels(trained, names("model", shown_in("levels", **fixed)))


def unbalanced(wildcards):
    """Return the balance variants that leave classes as frequent as they are."""
    variants = names("balance", main_cells(**wildcards))
    return [name for name in variants if steps(name, proportional=True) == steps(name)]
