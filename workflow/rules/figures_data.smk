# Figures of what was read: crystals, patterns, parts.


# What all figures have in common: where a job says what it did, its environment, and what it asks for.
rule figure:
    log:
        f"{RESULTS}/logs/<job>.log",
    benchmark:
        f"{RESULTS}/benchmarks/<job>.jsonl"
    pathvars:
        job="figure",
    group:
        "figures"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    script:
        "../scripts/{params.script}.py"


use rule figure as figure_census with:
    input:
        crystals=rules.read_crystals.output.crystals,
    output:
        **shown("census", "1 Data", figure="census"),
    pathvars:
        job="figure_census",
    params:
        **drawn_by("figure_census"),
    message:
        "Draw the census of space groups"


# What was read need not be what the crystals are, and has other numbers: ten samples a material, some missing.
use rule figure_census as figure_census_of_samples with:
    input:
        crystals=rules.simulate.output.samples,
    output:
        **shown("census.{modality}", "1 Data", figure="census", modality="{modality}"),
    pathvars:
        job="figure_census_of_samples/{modality}",
    message:
        "Draw the census of space groups of {wildcards.modality} samples"


use rule figure as figure_examples with:
    input:
        samples=rules.simulate.output.samples,
        store=rules.simulate.output.store,
    output:
        **shown("examples.{modality}", "1 Data", figure="examples", modality="{modality}"),
    pathvars:
        job="figure_examples/{modality}",
    params:
        **drawn_by("figure_examples"),
    message:
        "Draw example patterns, {wildcards.modality}"


use rule figure as figure_classes with:
    input:
        unpack(lambda wildcards: stores(alike(wildcards.modality))),
        crystals=rules.read_crystals.output.crystals,
    output:
        **shown("classes.{modality}", "1 Data", figure="structure classes", modality="{modality}"),
    pathvars:
        job="figure_classes/{modality}",
    params:
        **drawn_by("figure_classes"),
        names=lambda wildcards: alike(wildcards.modality),
    message:
        "Draw a crystal of each structure class and its fingerprint, {wildcards.modality}"


use rule figure as figure_resolution with:
    input:
        **stores(resolutions()),
    output:
        **shown("resolution", "1 Data", figure="resolution"),
    pathvars:
        job="figure_resolution",
    params:
        **drawn_by("figure_resolution"),
        names=resolutions(),
    message:
        "Draw patterns at several resolutions"


use rule figure as figure_split with:
    input:
        samples=rules.simulate.output.samples,
        splits=lambda wildcards: paths(
            rules.draw_split.output.split, split_cells(wildcards.modality).values()
        ),
        audits=lambda wildcards: paths(
            rules.draw_split.output.audit, split_cells(wildcards.modality).values()
        ),
    output:
        **shown("split.{modality}", "2 Split", figure="parts", modality="{modality}"),
    pathvars:
        job="figure_split/{modality}",
    params:
        **drawn_by("figure_split"),
        names=lambda wildcards: list(split_cells(wildcards.modality)),
    message:
        "Draw the parts of each split, {wildcards.modality}"
