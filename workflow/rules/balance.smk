# What training reads: a plan made from the training rows of a split, and from nothing else.


rule make_plan:
    input:
        samples=rules.simulate.output.samples,
        split=rules.draw_split.output.split,
        store=rules.simulate.output.store,
    output:
        plan=f"{RESULTS}/{{modality}}/{{dedup}}/{{split}}/{{task}}/{{balance}}/seed{{seed}}/plan.parquet",
        classes=f"{RESULTS}/{{modality}}/{{dedup}}/{{split}}/{{task}}/{{balance}}/seed{{seed}}/classes.csv",
    log:
        f"{RESULTS}/logs/make_plan/{{modality}}.{{dedup}}.{{split}}.{{task}}.{{balance}}.{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/make_plan/{{modality}}.{{dedup}}.{{split}}.{{task}}.{{balance}}.{{seed}}.jsonl"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        task=lookup(dpath="tasks/{task}", within=config),
        settings=lookup(dpath="balances/{balance}", within=config),
        code=code("make_plan", balance="balances/{balance}/method"),
    message:
        "Plan the training items: {wildcards.balance} for {wildcards.task}, {wildcards.modality}"
    script:
        "../scripts/make_plan.py"
