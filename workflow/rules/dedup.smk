# Which samples are records of the same crystal.


rule mark_duplicates:
    input:
        samples=rules.simulate.output.samples,
    output:
        kept=f"{RESULTS}/{{modality}}/{{dedup}}/kept.parquet",
    log:
        f"{RESULTS}/logs/mark_duplicates/{{modality}}.{{dedup}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/mark_duplicates/{{modality}}.{{dedup}}.jsonl"
    group:
        "splits"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=30,
    params:
        settings=setting("dedup/{dedup}"),
        code=code("mark_duplicates"),
    message:
        "Find duplicates among {wildcards.modality} samples ({wildcards.dedup})"
    script:
        "../scripts/mark_duplicates.py"
