# Predictions and scores of a trained model: on dev, which choices are made on, and on test, which is reported.


rule judge_model:
    input:
        store=rules.simulate.output.store,
        judged=rules.simulate.output.samples,
        learnt=rules.simulate.output.store,
        samples=rules.simulate.output.samples,
        split=rules.draw_split.output.split,
        types=structure_types,
        classes=rules.make_plan.output.classes,
        model=trained,
    output:
        predictions=f"{CELL}/predictions.parquet",
        metrics=f"{CELL}/metrics.json",
    log:
        f"{RESULTS}/logs/judge_model/{CELL_NAME}.log",
    benchmark:
        f"{RESULTS}/benchmarks/judge_model/{CELL_NAME}.jsonl"
    group:
        "judgements"
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=growing(6000),
        runtime=60,
    params:
        task=setting("tasks/{task}"),
        kind=setting("models/{model}/kind"),
        judging=judging,
        outside=outside,
        known_by=known_by,
        code=code("judge_model", models=model_kinds),
    message:
        "Evaluate {wildcards.model} on {wildcards.modality}, {wildcards.task}, {wildcards.balance}, seed {wildcards.seed}"
    script:
        "../scripts/judge_model.py"


# An exam: the same test crystals through another modality, e.g. their defective copies, or other crystals.
use rule judge_model as judge_exam with:
    input:
        store=rules.simulate.output.store.replace("{modality}", "{judged}"),
        judged=rules.simulate.output.samples.replace("{modality}", "{judged}"),
        learnt=rules.simulate.output.store,
        samples=rules.simulate.output.samples,
        split=rules.draw_split.output.split,
        types=[],
        classes=rules.make_plan.output.classes,
        model=trained,
    output:
        predictions=f"{CELL}/on_{{judged}}/predictions.parquet",
        metrics=f"{CELL}/on_{{judged}}/metrics.json",
    log:
        f"{RESULTS}/logs/judge_exam/{CELL_NAME}.{{judged}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/judge_exam/{CELL_NAME}.{{judged}}.jsonl"
    message:
        "Evaluate {wildcards.model} of {wildcards.modality} on {wildcards.judged}, {wildcards.task}"


# What a network's kernels answer to a test sample of each class; made for a figure only.
rule map_responses:
    input:
        store=rules.simulate.output.store,
        samples=rules.simulate.output.samples,
        split=rules.draw_split.output.split,
        model=trained,
    output:
        responses=f"{CELL}/responses.npz",
    log:
        f"{RESULTS}/logs/map_responses/{CELL_NAME}.log",
    benchmark:
        f"{RESULTS}/benchmarks/map_responses/{CELL_NAME}.jsonl"
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=20,
    params:
        task=setting("tasks/{task}"),
        kind=setting("models/{model}/kind"),
        code=code("map_responses", models=model_kinds),
    message:
        "Map what {wildcards.model} responds to, {wildcards.modality}, {wildcards.task}, seed {wildcards.seed}"
    script:
        "../scripts/map_responses.py"


rule collect_scores:
    input:
        metrics=per_cell([rules.judge_model.output.metrics]),
    output:
        scores=report(
            f"{RESULTS}/scores.csv",
            caption="../report/scores_table.rst",
            category="5 Results",
            labels={"figure": "all scores (table)"},
        ),
    log:
        f"{RESULTS}/logs/collect_scores.log",
    benchmark:
        f"{RESULTS}/benchmarks/collect_scores.jsonl"
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        cells=[list(cell) for cell in CELLS],
        fields=Cell._fields,
        code=code("collect_scores"),
    message:
        "Collect the scores of all trainings"
    script:
        "../scripts/collect_scores.py"


use rule collect_scores as collect_transfers with:
    input:
        metrics=judged_paths("metrics", TRANSFERS),
    output:
        scores=report(
            f"{RESULTS}/transfers.csv",
            caption="../report/transfers_table.rst",
            category="5 Results",
            labels={"figure": "scores on other modalities (table)"},
        ),
    log:
        f"{RESULTS}/logs/collect_transfers.log",
    benchmark:
        f"{RESULTS}/benchmarks/collect_transfers.jsonl"
    params:
        cells=[list(transfer) for transfer in TRANSFERS],
        fields=TRANSFER_FIELDS,
        code=code("collect_scores"),
    message:
        "Collect the scores of models on modalities that they were not trained on"
