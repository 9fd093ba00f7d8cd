# One model on one plan. A checkpoint beside the outputs survives a killed job and is removed by a finished one.


# Networks train on GPUs where the profile has some: gpu of them on each training, shared by its nodes.
rule fit_network:
    input:
        store=rules.simulate.output.store,
        samples=rules.simulate.output.samples,
        split=rules.draw_split.output.split,
        plan=rules.make_plan.output.plan,
        classes=rules.make_plan.output.classes,
        generated=generated("store", "table"),
        crystals=stream_of,
        start=start_of,
        weights=weight_files,
    output:
        model=f"{CELL}/model.pt",
        history=f"{CELL}/history.csv",
    log:
        f"{RESULTS}/logs/fit_network/{CELL_NAME}.log",
    benchmark:
        f"{RESULTS}/benchmarks/fit_network/{CELL_NAME}.jsonl"
    wildcard_constraints:
        model=one_of(name for name in config["models"] if is_network(name)),
    conda:
        "../../envs/train.yaml"
    # The number of threads changes the order of sums and so the last digits of a result: a fixed number gives the same
    # bytes on all machines of a kind. Several trainings run side by side instead.
    # Of a stream, the number of workers that make its items, which changes nothing: the network has one thread.
    threads: lambda wildcards: 2 if streams(wildcards.balance) else 1
    resources:
        mem_mb=growing(6000),
        runtime=240,
        gpu=1,
        launcher="",
        stage="",
    params:
        nodes=lambda wildcards, resources: resources.get("nodes", 1),
        checkpoint=f"{CELL}/checkpoint.pt",
        task=lambda wildcards: json.dumps(settings_alone(config["tasks"][wildcards.task])),
        settings=lambda wildcards: json.dumps(training(wildcards.model)),
        balance=lambda wildcards: json.dumps(trained_by(wildcards)),
        code=code(
            "fit_model",
            models=model_kinds,
            balance=lambda wildcards: [step["method"] for step in trained_by(wildcards)],
            remeasure=lambda wildcards: measured_again(wildcards) if streams(wildcards.balance) else "",
        ),
    message:
        "Train {wildcards.model} on {wildcards.modality}, {wildcards.task}, {wildcards.balance}, seed {wildcards.seed}"
    shell:
        "python -m sgbench.training.launch --gpus {resources.gpu} --nodes {params.nodes} --launcher={resources.launcher:q}"
        " -- workflow/scripts/fit_model.py"
        " --store {input.store} --samples {input.samples} --split {input.split}"
        " --plan {input.plan} --classes {input.classes} --generated {input.generated} --crystals {input.crystals} --start {input.start}"
        " --task {params.task:q} --settings {params.settings:q} --balance {params.balance:q} --seed {wildcards.seed} --threads {threads}"
        " --stage={resources.stage:q} --checkpoint {params.checkpoint} --code {params.code}"
        " --model {output.model} --history {output.history} --log {log}"


# The other models are many and small.
use rule fit_network as fit_model with:
    log:
        f"{RESULTS}/logs/fit_model/{CELL_NAME}.log",
    benchmark:
        f"{RESULTS}/benchmarks/fit_model/{CELL_NAME}.jsonl"
    wildcard_constraints:
        model=one_of(name for name in config["models"] if not is_network(name)),
    group:
        "models"
    resources:
        mem_mb=growing(6000),
        runtime=240,
        gpu=0,
        launcher="",
        stage="",
