# The report: its opening page, where its results come from, and itself.


rule write_opening:
    input:
        # A study of files alone has no crystals.
        records=(
            rules.read_crystals.output.crystals
            if config["crystals"]
            else expand(rules.simulate.output.samples, modality=names("modality"))
        ),
        scores=rules.collect_scores.output.scores,
        transfers=rules.collect_transfers.output.scores if TRANSFERS else [],
        leaks=expand(rules.figure_leak.output.csv, task=leaking()),
        published=rules.figure_published.output.table if PUBLISHED else [],
    output:
        text=f"{RESULTS}/opening.rst",
    log:
        f"{RESULTS}/logs/write_opening.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_opening.jsonl"
    group:
        "figures"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        ways=[main_way(modality=modality, task=task) for modality, task in subjects()],
        leaking=leaking(),
        study=config["study"],
        what="crystals" if config["crystals"] else "samples",
        looks=looks_shown,
        code=code("write_opening"),
    message:
        "Write the opening page of the report"
    script:
        "../scripts/write_opening.py"


FIGURES = all_figures()


rule write_provenance:
    input:
        sources=[
            *SOURCES,
            *chain.from_iterable(OTHER_SOURCES.values()),
            *expand(rules.simulate.output.samples, modality=INGESTED),
        ],
        scores=rules.collect_scores.output.scores,
    output:
        provenance=f"{RESULTS}/provenance.json",
        config=f"{RESULTS}/config.yaml",
    log:
        f"{RESULTS}/logs/write_provenance.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_provenance.jsonl"
    group:
        "figures"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        config=config,
        files=[relpath(file) for file in workflow.configfiles],
        seeds=sorted({cell.seed for cell in CELLS}),
        code=code("write_provenance"),
    message:
        "Write down versions, configuration, seeds and checksums"
    script:
        "../scripts/write_provenance.py"


# Snakemake's own report of what stands in results/ by then, by a second Snakemake that runs nothing.
rule write_report:
    input:
        FIGURES,
        opening=rules.write_opening.output.text,
        config=rules.write_provenance.output.config,
        scores=rules.collect_scores.output.scores,
        captions=sorted(map(str, Path("workflow/report").glob("*.rst"))),
    output:
        html=f"{RESULTS}/report.html",
    log:
        f"{RESULTS}/logs/write_report.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_report.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=20,
    message:
        "Write {output.html}"
    shell:
        "snakemake figures {input.scores} --nolock --cores 1 --configfile {input.config}"
        " --report {output.html} > {log} 2>&1"
