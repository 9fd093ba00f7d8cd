# Figures of what was read: crystals, patterns, parts.


rule figure_census:
    input:
        crystals=rules.read_crystals.output.crystals,
    output:
        **shown("census", "1 Data", figure="census"),
    log:
        f"{RESULTS}/logs/figure_census.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_census.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=code("figure_census"),
    message:
        "Draw the census of space groups"
    script:
        "../scripts/figure_census.py"


# What was read need not be what the crystals are, and has other numbers: ten samples a material, some missing.
use rule figure_census as figure_census_of_samples with:
    input:
        crystals=rules.simulate.output.samples,
    output:
        **shown("census.{modality}", "1 Data", figure="census", modality="{modality}"),
    log:
        f"{RESULTS}/logs/figure_census_of_samples/{{modality}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_census_of_samples/{{modality}}.jsonl"
    message:
        "Draw the census of space groups of {wildcards.modality} samples"


rule figure_examples:
    input:
        samples=rules.simulate.output.samples,
        store=rules.simulate.output.store,
    output:
        **shown("examples.{modality}", "1 Data", figure="examples", modality="{modality}"),
    log:
        f"{RESULTS}/logs/figure_examples/{{modality}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_examples/{{modality}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=code("figure_examples"),
    message:
        "Draw example patterns, {wildcards.modality}"
    script:
        "../scripts/figure_examples.py"


rule figure_classes:
    input:
        unpack(lambda wildcards: stores(compared(wildcards.modality))),
        crystals=rules.read_crystals.output.crystals,
    output:
        **shown("classes.{modality}", "1 Data", figure="structure classes", modality="{modality}"),
    log:
        f"{RESULTS}/logs/figure_classes/{{modality}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_classes/{{modality}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        names=lambda wildcards: compared(wildcards.modality),
        looks=looks_shown,
        code=code("figure_classes"),
    message:
        "Draw a crystal of each structure class and its fingerprint, {wildcards.modality}"
    script:
        "../scripts/figure_classes.py"


rule figure_resolution:
    input:
        **stores(resolutions()),
    output:
        **shown("resolution", "1 Data", figure="resolution"),
    log:
        f"{RESULTS}/logs/figure_resolution.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_resolution.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        names=resolutions(),
        looks=looks_shown,
        code=code("figure_resolution"),
    message:
        "Draw patterns at several resolutions"
    script:
        "../scripts/figure_resolution.py"


rule figure_split:
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
    log:
        f"{RESULTS}/logs/figure_split/{{modality}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_split/{{modality}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        names=lambda wildcards: list(split_cells(wildcards.modality)),
        looks=looks_shown,
        code=code("figure_split"),
    message:
        "Draw the parts of each split, {wildcards.modality}"
    script:
        "../scripts/figure_split.py"
