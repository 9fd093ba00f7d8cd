# Models as files of their own, for patterns that are none of the study's; any is made when it is asked for by its path.


rule write_model:
    input:
        store=rules.simulate.output.store,
        samples=rules.simulate.output.samples,
        split=rules.draw_split.output.split,
        plan=rules.make_plan.output.plan,
        classes=rules.make_plan.output.classes,
        generated=generated("store", "table"),
        crystals=stream_of,
        model=trained,
        metrics=rules.judge_model.output.metrics,
    output:
        file=f"{CELL}/model.sgbench",
    log:
        f"{RESULTS}/logs/write_model/{CELL_NAME}.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_model/{CELL_NAME}.jsonl"
    conda:
        "../../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=growing(6000),
        runtime=30,
    params:
        study=config["study"],
        task=setting("tasks/{task}"),
        kind=setting("models/{model}/kind"),
        judging=judging,
        steps=trained_by,
        code=code(
            "write_model",
            models=model_kinds,
            balance=lambda wildcards: [step["method"] for step in trained_by(wildcards)],
            remeasure=lambda wildcards: measured_again(wildcards) if streams(wildcards.balance) else "",
        ),
    message:
        "Write the model file of {wildcards.model} on {wildcards.modality}, {wildcards.task}, {wildcards.balance}, seed {wildcards.seed}"
    script:
        "../scripts/write_model.py"
