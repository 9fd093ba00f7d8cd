# Figures that compare trainings by their scores, on test, after every choice was made on dev.


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
            main_way(modality=modality, task=task) for modality, task in subjects() if task == wildcards.task
        ],
        looks=looks_shown,
        code=code("figure_scores"),
    message:
        "Draw the test scores, {wildcards.task}"
    script:
        "../scripts/figure_scores.py"


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
        looks=looks_shown,
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
        looks=looks_shown,
        code=code("figure_recall"),
    message:
        "Draw recall by class size, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_recall.py"


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
        looks=looks_shown,
        code=code("figure_topk"),
    message:
        "Draw top-1, top-3 and top-5 accuracy"
    script:
        "../scripts/figure_topk.py"


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
        looks=looks_shown,
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
        looks=looks_shown,
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
        looks=looks_shown,
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
        looks=looks_shown,
        code=code("figure_transfer"),
    message:
        "Draw the scores on modalities that were not trained on, {wildcards.task}"
    script:
        "../scripts/figure_transfer.py"


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
        samples=[rules.simulate.output.samples.format(modality=way[0]) for way in counted()],
        splits=[
            rules.draw_split.output.split.format(
                modality=way[0], dedup=way[1], split=way[2], seed=CELLS[0].seed
            )
            for way in counted()
        ],
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
        rows=PUBLISHED,
        removals=removals(),
        counted=counted(),
        code=code("figure_published"),
    message:
        "Draw the published numbers beside those measured here"
    script:
        "../scripts/figure_published.py"
