# What training reads: a plan made from the training rows of a split, and from nothing else.

PLAN = f"{RESULTS}/{{modality}}/{{dedup}}/{{split}}/{{task}}/{{balance}}/seed{{seed}}"
PLAN_NAME = "{modality}.{dedup}.{split}.{task}.{balance}.{seed}"


# Dev rows judge what is tried here; the plan itself is made without them.
rule search_balance:
    input:
        samples=rules.simulate.output.samples,
        split=rules.draw_split.output.split,
        store=rules.simulate.output.store,
    output:
        search=f"{PLAN}/search.csv",
    log:
        f"{RESULTS}/logs/search_balance/{PLAN_NAME}.log",
    benchmark:
        f"{RESULTS}/benchmarks/search_balance/{PLAN_NAME}.jsonl"
    group:
        "tables"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=60,
    params:
        task=setting("tasks/{task}"),
        steps=steps_that("sample", "make"),
        code=code("search_balance", balance=methods_that("sample", "make")),
    message:
        "Search the balance: {wildcards.balance} for {wildcards.task}, {wildcards.modality}"
    script:
        "../scripts/search_balance.py"


# New images of small classes, in a second store; the plan names them.
rule generate_items:
    input:
        samples=rules.simulate.output.samples,
        split=rules.draw_split.output.split,
        store=rules.simulate.output.store,
        crystals=rules.read_crystals.output.crystals if config["crystals"] else [],
    output:
        store=f"{PLAN}/generated.h5",
        table=f"{PLAN}/generated.parquet",
    log:
        f"{RESULTS}/logs/generate_items/{PLAN_NAME}.log",
    benchmark:
        f"{RESULTS}/benchmarks/generate_items/{PLAN_NAME}.jsonl"
    group:
        "tables"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(6000),
        runtime=120,
    params:
        task=setting("tasks/{task}"),
        steps=steps_that("sample", "make"),
        simulated=simulated_by,
        code=code("generate_items", balance=methods_that("sample", "make"), remeasure=measured_again),
    message:
        "Generate items: {wildcards.balance} for {wildcards.task}, {wildcards.modality}"
    script:
        "../scripts/generate_items.py"


rule make_plan:
    input:
        samples=rules.simulate.output.samples,
        split=rules.draw_split.output.split,
        store=rules.simulate.output.store,
        search=search_record,
        generated=generated("table"),
    output:
        plan=f"{PLAN}/plan.parquet",
        classes=f"{PLAN}/classes.csv",
    log:
        f"{RESULTS}/logs/make_plan/{PLAN_NAME}.log",
    benchmark:
        f"{RESULTS}/benchmarks/make_plan/{PLAN_NAME}.jsonl"
    group:
        "tables"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=60,
    params:
        task=setting("tasks/{task}"),
        steps=steps_that("sample", "make", "change", "loss"),
        code=code("make_plan", balance=methods_that("sample", "make", "change", "loss")),
    message:
        "Plan the training items: {wildcards.balance} for {wildcards.task}, {wildcards.modality}"
    script:
        "../scripts/make_plan.py"
