# Figures that compare trainings by their scores, on test, after every choice was made on dev.


rule figure_topk:
    input:
        scores=rules.collect_scores.output.scores,
    output:
        **shown("topk", "5 Results", figure="top-1, top-3, top-5"),
    log:
        f"{RESULTS}/logs/figure_topk.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_topk.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        ways=[main_way(modality=modality, task=task) for modality, task in subjects()],
        code=code("figure_topk"),
    message:
        "Draw top-1, top-3 and top-5 accuracy"
    script:
        "../scripts/figure_topk.py"


rule figure_heatmap:
    input:
        scores=rules.collect_scores.output.scores,
    output:
        **shown(
            "heatmap.{modality}.{task}",
            "5 Results",
            figure="balance x model",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_heatmap/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_heatmap/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        way=lambda wildcards: main_way(modality=wildcards.modality, task=wildcards.task),
        code=code("figure_heatmap"),
    message:
        "Draw macro-F1 of every balance variant with every model, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_heatmap.py"


rule figure_recall:
    input:
        scores=rules.collect_scores.output.scores,
    output:
        **shown(
            "recall.{modality}.{task}",
            "5 Results",
            figure="recall by class size",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_recall/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_recall/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        way=lambda wildcards: main_way(modality=wildcards.modality, task=wildcards.task),
        code=code("figure_recall"),
    message:
        "Draw recall by class size, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_recall.py"


rule figure_calibration:
    input:
        predictions=lambda wildcards: paths(
            rules.judge_model.output.predictions, first_of_each("model", main_cells(**wildcards)).values()
        ),
    output:
        **shown(
            "calibration.{modality}.{task}",
            "5 Results",
            figure="calibration",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_calibration/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_calibration/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        models=lambda wildcards: list(first_of_each("model", main_cells(**wildcards))),
        code=code("figure_calibration"),
    message:
        "Draw the calibration of each model, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_calibration.py"


rule figure_cost:
    input:
        scores=rules.collect_scores.output.scores,
        benchmarks=lambda wildcards: [training_benchmark(cell) for cell in main_cells(**wildcards)],
    output:
        **shown("cost.{modality}.{task}", "5 Results", figure="cost", modality="{modality}", task="{task}"),
    log:
        f"{RESULTS}/logs/figure_cost/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_cost/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        cells=lambda wildcards: [list(cell) for cell in main_cells(**wildcards)],
        fields=Cell._fields,
        code=code("figure_cost"),
    message:
        "Draw training time against macro-F1, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_cost.py"


rule figure_published:
    input:
        scores=[
            rules.collect_scores.output.scores,
            *([rules.collect_transfers.output.scores] if TRANSFERS else []),
        ],
        kept=expand(
            rules.mark_duplicates.output.kept,
            zip,
            modality=[way[0] for way in removals()],
            dedup=[way[1] for way in removals()],
        ),
    output:
        **shown("published", "6 Published", figure="published beside measured"),
        table=report(
            f"{RESULTS}/published.csv",
            caption="../report/published_table.rst",
            category="6 Published",
            labels={"figure": "published beside measured (table)"},
        ),
    log:
        f"{RESULTS}/logs/figure_published.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_published.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        rows=config["published"],
        removals=removals(),
        code=code("figure_published"),
    message:
        "Draw the published numbers beside those measured here"
    script:
        "../scripts/figure_published.py"


rule write_opening:
    input:
        # A study of files alone has no crystals.
        records=(
            rules.read_crystals.output.crystals
            if config["crystals"]
            else expand(rules.simulate.output.samples, modality=names("modality"))
        ),
        scores=rules.collect_scores.output.scores,
        published=rules.figure_published.output.table if config["published"] else [],
    output:
        text=f"{RESULTS}/opening.rst",
    log:
        f"{RESULTS}/logs/write_opening.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_opening.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        ways=[main_way(modality=modality, task=task) for modality, task in subjects()],
        study=config["study"],
        what="crystals" if config["crystals"] else "samples",
        code=code("write_opening"),
    message:
        "Write the opening page of the report"
    script:
        "../scripts/write_opening.py"
