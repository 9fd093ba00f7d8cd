# A split or a plan as files in the layout of the original CBED data, for other people's tools. Nothing asks for them but
# their paths.

SPLIT_FOLDER = f"{RESULTS}/{{modality}}/{{dedup}}/{{split}}/seed{{seed}}"
EXPORTED_SPLIT = [f"{SPLIT_FOLDER}/export/batch_{part}_0.h5" for part in sources.PARTS]
EXPORTED_PLAN = [f"{PLAN}/export/batch_{part}_0.h5" for part in sources.PARTS]


rule export_split:
    input:
        store=rules.simulate.output.store,
        samples=rules.simulate.output.samples,
        split=rules.draw_split.output.split,
    output:
        EXPORTED_SPLIT,
    log:
        f"{RESULTS}/logs/export_split/{{modality}}.{{dedup}}.{{split}}.{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_split/{{modality}}.{{dedup}}.{{split}}.{{seed}}.jsonl"
    conda:
        "../../envs/data.yaml"
    threads: 1
    resources:
        mem_mb=growing(6000),
        runtime=120,
    params:
        task=None,
        code=code("export_samples"),
    message:
        "Write the split {wildcards.split} of {wildcards.modality} as batch files"
    script:
        "../scripts/export_samples.py"


# Training items as they are trained on, synthetic ones among them; dev and test samples as they are.
use rule export_split as export_plan with:
    input:
        store=rules.simulate.output.store,
        samples=rules.simulate.output.samples,
        split=rules.draw_split.output.split,
        plan=rules.make_plan.output.plan,
    output:
        EXPORTED_PLAN,
    log:
        f"{RESULTS}/logs/export_plan/{PLAN_NAME}.log",
    benchmark:
        f"{RESULTS}/benchmarks/export_plan/{PLAN_NAME}.jsonl"
    params:
        task=setting("tasks/{task}"),
        changes=steps_that("change"),
        code=code("export_samples", balance=methods_that("change")),
    message:
        "Write the plan {wildcards.balance} for {wildcards.task}, {wildcards.modality}, as batch files"
