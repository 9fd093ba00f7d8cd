# Which sample serves for training, development and test, and what leaks between them.


rule draw_split:
    input:
        samples=rules.simulate.output.samples,
        kept=rules.mark_duplicates.output.kept,
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
        code=code("draw_split"),
    message:
        "Split {wildcards.modality} samples ({wildcards.dedup}, {wildcards.split}, seed {wildcards.seed})"
    script:
        "../scripts/draw_split.py"
