# Crystals in, patterns out. Each pattern is written once; every later stage moves tables only.

from sgbench import sources

SOURCES = sources.files(config["crystals"])


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
        code=code("read_crystals"),
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
    conda:
        "../../envs/data.yaml"
    threads: 2
    resources:
        mem_mb=growing(6000),
        runtime=120,
    params:
        settings=setting("modalities/{modality}"),
        code=code("simulate", simulate="modalities/{modality}/simulate"),
    message:
        "Simulate the {wildcards.modality} pattern of each crystal"
    script:
        "../scripts/simulate.py"
