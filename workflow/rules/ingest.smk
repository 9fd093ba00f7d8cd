# Crystals or files in, patterns out. Each pattern is written once; every later stage moves tables only.


rule read_crystals:
    input:
        SOURCES,
    output:
        crystals=f"{RESULTS}/crystals.parquet",
        rejected=f"{RESULTS}/rejected_crystals.csv",
    log:
        f"{RESULTS}/logs/read_crystals.log",
    benchmark:
        f"{RESULTS}/benchmarks/read_crystals.jsonl"
    conda:
        "../../envs/data.yaml"
    threads: 2
    resources:
        mem_mb=growing(4000),
        runtime=30,
    params:
        paths=config["crystals"],
        confirmed_at_A=config["confirmed_at_A"],
        code=code("read_crystals", crystals=source_kinds),
    message:
        "Read or build the crystals of {params.paths}, and check them"
    script:
        "../scripts/read_crystals.py"


rule simulate:
    input:
        crystals=rules.read_crystals.output.crystals,
    output:
        store=f"{RESULTS}/{{modality}}/store.h5",
        samples=f"{RESULTS}/{{modality}}/samples.parquet",
        rejected=f"{RESULTS}/{{modality}}/rejected.csv",
    log:
        f"{RESULTS}/logs/simulate/{{modality}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/simulate/{{modality}}.jsonl"
    wildcard_constraints:
        modality=one_of(name for name in config["modalities"] if name not in READ),
    conda:
        "../../envs/data.yaml"
    threads: 2
    resources:
        mem_mb=growing(6000),
        runtime=120,
    params:
        settings=setting("modalities/{modality}"),
        gives=lambda wildcards: kind("modalities", wildcards.modality).gives,
        code=code("simulate", simulate="modalities/{modality}/simulate"),
    message:
        "Simulate the {wildcards.modality} pattern of each crystal"
    script:
        "../scripts/simulate.py"


rule simulate_batch:
    input:
        crystals=rules.read_crystals.output.crystals,
    output:
        batch=f"{BATCH}.h5",
        rejected=f"{BATCH}.rejected.csv",
    log:
        f"{RESULTS}/logs/simulate_batch/{{modality}}.{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/simulate_batch/{{modality}}.{{batch}}.jsonl"
    wildcard_constraints:
        modality=one_of(name for name in READ if "simulate" in config["modalities"][name]),
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=240,
        # A profile may give it one.
        gpu=0,
    params:
        records=setting("modalities/{modality}/records"),
        largest=setting("modalities/{modality}/largest"),
        batches=setting("modalities/{modality}/batches"),
        microscope=microscope,
        code=code("simulate_batch"),
    message:
        "Simulate {wildcards.modality} into {output.batch}"
    script:
        "../scripts/simulate_batch.py"


rule read_samples:
    input:
        lambda wildcards: READ[wildcards.modality][wildcards.batch],
    output:
        store=temp(f"{RESULTS}/{{modality}}/parts/{{batch}}/store.h5"),
        samples=f"{RESULTS}/{{modality}}/parts/{{batch}}/samples.parquet",
        quarantine=f"{RESULTS}/{{modality}}/parts/{{batch}}/quarantine.parquet",
    log:
        f"{RESULTS}/logs/read_samples/{{modality}}.{{batch}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/read_samples/{{modality}}.{{batch}}.jsonl"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=120,
    params:
        kind=reader,
        settings=reader_settings,
        code=code("read_samples", ingest=reader),
    message:
        "Read {input}"
    script:
        "../scripts/read_samples.py"


rule merge_samples:
    input:
        stores=parts_of(rules.read_samples.output.store),
        samples=parts_of(rules.read_samples.output.samples),
        quarantines=parts_of(rules.read_samples.output.quarantine),
    output:
        store=f"{RESULTS}/{{modality}}/store.h5",
        samples=f"{RESULTS}/{{modality}}/samples.parquet",
        quarantine=f"{RESULTS}/{{modality}}/quarantine.parquet",
    log:
        f"{RESULTS}/logs/merge_samples/{{modality}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/merge_samples/{{modality}}.jsonl"
    wildcard_constraints:
        modality=one_of(READ),
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=120,
    params:
        strict=setting("modalities/{modality}/strict"),
        tolerance=setting("modalities/{modality}/tolerance"),
        code=code("merge_samples"),
    message:
        "Join the parts of {wildcards.modality}, and count what was found, kept and quarantined"
    script:
        "../scripts/merge_samples.py"
