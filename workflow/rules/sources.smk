# What is read: crystals, and the files of modalities that are not simulated directly.

from sgbench.study import sources


def crystal_files(key, crystals):
    """Return the files of crystals that stand under a key of the configuration."""
    try:
        return sources.checked(sources.files(crystals))
    except SgbenchError as error:
        raise WorkflowError(f"{key}: {error}")


SOURCES = crystal_files("crystals", config["crystals"])
# Exams of other crystals than the study's.
OTHER_CRYSTALS = {name: of["crystals"] for name, of in config["modalities"].items() if of.get("crystals")}
OTHER_SOURCES = {
    name: crystal_files(f"modalities.{name}.crystals", of) for name, of in OTHER_CRYSTALS.items()
}
BATCH = f"{RESULTS}/{{modality}}/batches/{{batch}}"


def source_kinds(wildcards):
    """Return the modules that the crystals come from, the study's or a modality's own."""
    crystals = OTHER_CRYSTALS.get(wildcards.get("modality"), config["crystals"])
    return sorted({sources.kind(source)[0] for source in sources.unfolded(crystals)})


def files_of(name, modality):
    """Return the files of each part of a modality that is read from files, by the part's name."""
    if kind("modalities", name).filed:
        batches = sources.batch_names(modality["batches"])
        return {batch: [f"{BATCH}.h5".format(modality=name, batch=batch)] for batch in batches}
    try:
        return sources.sample_files(modality)
    except SgbenchError as error:
        raise WorkflowError(f"modalities.{name}.files: {error}")


# Files of other people, or simulated ones in the same layout.
READ = {
    name: files_of(name, of) for name, of in config["modalities"].items() if kind("modalities", name).read
}
INGESTED = [name for name in READ if "ingest" in config["modalities"][name]]
# The keys of such a modality that its reader does not take: they say which files there are, and what becomes of them.
RUN_KEYS = ("files", "labels", "crystals", "records", "largest", "batches", "strict", "tolerance")


def reader(wildcards):
    """Return the module that reads a modality's files."""
    return kind("modalities", wildcards.modality).name


def reader_settings(wildcards):
    modality = config["modalities"][wildcards.modality]
    taken = SCHEMA.kind("modalities", {"ingest": reader(wildcards)}).settings
    return {key: modality[key] for key in taken if key not in RUN_KEYS}


def microscope(wildcards):
    """Return the preset of simulated CBED, and where the modality differs from it."""
    modality = config["modalities"][wildcards.modality]
    shape = {"orientations": modality["orientations"], "pixels": modality["stack_pixels"]}
    other = {"simulate", *reader_settings(wildcards), *RUN_KEYS}
    return {**{key: value for key, value in settings_alone(modality).items() if key not in other}, **shape}


def crystals_of(wildcards):
    """Return an input: the crystals that a modality shows."""
    own = wildcards.modality in OTHER_CRYSTALS
    reading = rules.read_other_crystals if own else rules.read_crystals
    return reading.output.crystals.format(**wildcards)


def simulated_by(wildcards):
    """Return what the store of a modality does not say itself: how files in it were simulated."""
    modality = config["modalities"][wildcards.modality]
    if not kind("modalities", wildcards.modality).filed:
        return {}
    return {"simulate": modality["simulate"], "microscope": microscope(wildcards)}


def parts_of(pattern):
    """Return an input: the files of all parts of a modality."""
    return lambda wildcards: expand(pattern, modality=wildcards.modality, batch=READ[wildcards.modality])
