# Figures and tables, from the tables of the stages and never from a model; any of them is made anew by its path.


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
        code=code("figure_resolution"),
    message:
        "Draw patterns at several resolutions"
    script:
        "../scripts/figure_resolution.py"


rule figure_augmentation:
    input:
        samples=rules.simulate.output.samples,
        store=rules.simulate.output.store,
    output:
        **shown(
            "augmentation.{modality}.{balance}",
            "3 Balance",
            figure="augmentation",
            modality="{modality}",
            balance="{balance}",
        ),
    log:
        f"{RESULTS}/logs/figure_augmentation/{{modality}}.{{balance}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_augmentation/{{modality}}.{{balance}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        kind=setting("modalities/{modality}/simulate"),
        amplitudes=lambda wildcards: amplitudes(wildcards.balance),
        code=code("figure_augmentation"),
    message:
        "Draw the effect of each augmentation, {wildcards.modality}, {wildcards.balance}"
    script:
        "../scripts/figure_augmentation.py"


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
        code=code("figure_split"),
    message:
        "Draw the parts of each split, {wildcards.modality}"
    script:
        "../scripts/figure_split.py"


rule figure_balance:
    input:
        classes=lambda wildcards: paths(
            rules.make_plan.output.classes,
            balance_cells(wildcards.modality, wildcards.task).values(),
        ),
    output:
        **shown(
            "balance.{modality}.{task}",
            "3 Balance",
            figure="class sizes",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_balance/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_balance/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        names=lambda wildcards: list(balance_cells(wildcards.modality, wildcards.task)),
        code=code("figure_balance"),
    message:
        "Draw the classes before and after balancing, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_balance.py"


rule measure_synthetic:
    input:
        samples=rules.simulate.output.samples,
        store=rules.simulate.output.store,
        split=split_of,
        plans=making_paths(rules.make_plan.output.plan),
        generated=making_generated,
    output:
        table=f"{RESULTS}/synthetic.{{modality}}.{{task}}.parquet",
    log:
        f"{RESULTS}/logs/measure_synthetic/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_synthetic/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=60,
    params:
        task=setting("tasks/{task}"),
        balances=making_settings,
        seed=lambda wildcards: next(iter(making(wildcards.modality, wildcards.task).values())).seed,
        code=code("measure_synthetic"),
    message:
        "Measure what the balance variants made, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/measure_synthetic.py"


rule figure_gallery:
    input:
        samples=rules.simulate.output.samples,
        store=rules.simulate.output.store,
        split=split_of,
        plans=making_paths(rules.make_plan.output.plan),
        generated=making_generated,
        table=rules.measure_synthetic.output.table,
    output:
        **shown(
            "gallery.{modality}.{task}",
            "3 Balance",
            figure="real and made",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_gallery/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_gallery/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        task=setting("tasks/{task}"),
        kind=setting("modalities/{modality}/simulate"),
        balances=making_settings,
        code=code("figure_gallery"),
    message:
        "Draw real and made patterns of a rare class, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_gallery.py"


rule figure_points:
    input:
        samples=rules.simulate.output.samples,
        table=rules.measure_synthetic.output.table,
    output:
        **shown(
            "points.{modality}.{task}",
            "3 Balance",
            figure="a rare class in its plane",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_points/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_points/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        task=setting("tasks/{task}"),
        code=code("figure_points"),
    message:
        "Draw a rare class and what was made of it, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_points.py"


rule figure_distances:
    input:
        table=rules.measure_synthetic.output.table,
    output:
        **shown(
            "distances.{modality}.{task}",
            "3 Balance",
            figure="distance to training samples",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_distances/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_distances/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=code("figure_distances"),
    message:
        "Draw how far made items are from training samples, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_distances.py"


rule figure_search:
    input:
        search=lambda wildcards: rules.search_balance.output.search.format(
            **searches(wildcards.modality, wildcards.task)[wildcards.balance]._asdict()
        ),
    output:
        **shown(
            "search.{modality}.{task}.{balance}",
            "3 Balance",
            figure="search for the medium",
            modality="{modality}",
            task="{task}",
            balance="{balance}",
        ),
    log:
        f"{RESULTS}/logs/figure_search/{{modality}}.{{task}}.{{balance}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_search/{{modality}}.{{task}}.{{balance}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        threshold=setting("balances/{balance}/threshold"),
        code=code("figure_search"),
    message:
        "Draw the search of {wildcards.balance}, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_search.py"


rule figure_curves:
    input:
        histories=lambda wildcards: paths(rules.fit_model.output.history, networks(wildcards.task)),
    output:
        **shown("curves.{task}", "4 Training", figure="learning curves", task="{task}"),
    log:
        f"{RESULTS}/logs/figure_curves/{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_curves/{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        cells=lambda wildcards: [cell._asdict() for cell in networks(wildcards.task)],
        code=code("figure_curves"),
    message:
        "Draw the learning curves, {wildcards.task}"
    script:
        "../scripts/figure_curves.py"


rule figure_scores:
    input:
        scores=rules.collect_scores.output.scores,
    output:
        **shown("scores.{task}", "5 Results", figure="test scores", task="{task}"),
    log:
        f"{RESULTS}/logs/figure_scores/{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_scores/{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        ways=lambda wildcards: [
            (cell.modality, cell.dedup, cell.split)
            for cell in first_of_each("modality", cells(task=wildcards.task)).values()
        ],
        code=code("figure_scores"),
    message:
        "Draw the test scores, {wildcards.task}"
    script:
        "../scripts/figure_scores.py"


rule figure_leak:
    input:
        scores=rules.collect_scores.output.scores,
    output:
        **shown("leak.{task}", "5 Results", figure="the leak", task="{task}"),
    log:
        f"{RESULTS}/logs/figure_leak/{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_leak/{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=code("figure_leak"),
    message:
        "Draw what duplicates and the split do to the score, {wildcards.task}"
    script:
        "../scripts/figure_leak.py"


rule figure_confusion:
    input:
        scores=rules.collect_scores.output.scores,
        samples=rules.simulate.output.samples,
        predictions=lambda wildcards: paths(
            rules.judge_model.output.predictions,
            main_cells(modality=wildcards.modality, task=wildcards.task),
        ),
    output:
        **shown(
            "confusion.{modality}.{task}",
            "5 Results",
            figure="confusion matrix",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_confusion/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_confusion/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        task=setting("tasks/{task}"),
        cells=lambda wildcards: [
            list(cell) for cell in main_cells(modality=wildcards.modality, task=wildcards.task)
        ],
        fields=Cell._fields,
        code=code("figure_confusion"),
    message:
        "Draw the confusion matrix of the best model, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_confusion.py"


use rule figure_confusion as figure_confusion_elsewhere with:
    input:
        scores=rules.collect_transfers.output.scores,
        samples=rules.simulate.output.samples,
        predictions=lambda wildcards: judged_paths("predictions", transfers(wildcards)),
    output:
        **shown(
            "confusion_on.{modality}.{judged}.{task}",
            "5 Results",
            figure="confusion matrix",
            modality="{modality} on {judged}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_confusion_elsewhere/{{modality}}.{{judged}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_confusion_elsewhere/{{modality}}.{{judged}}.{{task}}.jsonl"
    params:
        task=setting("tasks/{task}"),
        cells=lambda wildcards: list(map(list, transfers(wildcards))),
        fields=TRANSFER_FIELDS,
        code=code("figure_confusion"),
    message:
        "Draw the confusion matrix of {wildcards.modality} on {wildcards.judged}, {wildcards.task}"


rule figure_transfer:
    input:
        scores=rules.collect_transfers.output.scores,
    output:
        **shown("transfer.{task}", "5 Results", figure="other modalities", task="{task}"),
    log:
        f"{RESULTS}/logs/figure_transfer/{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_transfer/{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=code("figure_transfer"),
    message:
        "Draw the scores on modalities that were not trained on, {wildcards.task}"
    script:
        "../scripts/figure_transfer.py"


FIGURES = all_figures()


rule write_provenance:
    input:
        sources=SOURCES,
        scores=rules.collect_scores.output.scores,
    output:
        provenance=f"{RESULTS}/provenance.json",
        config=f"{RESULTS}/config.yaml",
    log:
        f"{RESULTS}/logs/write_provenance.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_provenance.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        config=config,
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
