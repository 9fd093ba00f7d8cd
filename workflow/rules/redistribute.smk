# Which sample serves for training, development and test, and what leaks between them.


rule find_structure_types:
    input:
        crystals=rules.read_crystals.output.crystals,
    output:
        types=f"{RESULTS}/structure_types.parquet",
    log:
        f"{RESULTS}/logs/find_structure_types.log",
    benchmark:
        f"{RESULTS}/benchmarks/find_structure_types.jsonl"
    conda:
        "../../envs/data.yaml"
    threads: 2
    resources:
        mem_mb=growing(4000),
        runtime=60,
    params:
        code=code("find_structure_types"),
    message:
        "Find the structure type of each crystal"
    script:
        "../scripts/find_structure_types.py"


rule draw_split:
    input:
        samples=rules.simulate.output.samples,
        kept=rules.mark_duplicates.output.kept,
        types=structure_types,
    output:
        split=f"{RESULTS}/{{modality}}/{{dedup}}/{{split}}/seed{{seed}}/split.parquet",
        audit=f"{RESULTS}/{{modality}}/{{dedup}}/{{split}}/seed{{seed}}/audit.json",
    log:
        f"{RESULTS}/logs/draw_split/{{modality}}.{{dedup}}.{{split}}.{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/draw_split/{{modality}}.{{dedup}}.{{split}}.{{seed}}.jsonl"
    group:
        "splits"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=30,
    params:
        settings=setting("splits/{split}"),
        known_by=known_by,
        code=code("draw_split"),
    message:
        "Split {wildcards.modality} samples ({wildcards.dedup}, {wildcards.split}, seed {wildcards.seed})"
    script:
        "../scripts/draw_split.py"
