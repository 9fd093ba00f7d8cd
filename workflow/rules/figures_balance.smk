# Figures of what balancing does: class sizes, made items beside real ones, the search for the medium.


use rule figure as figure_balance with:
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
    pathvars:
        job="figure_balance/{modality}.{task}",
    params:
        **drawn_by("figure_balance"),
        names=lambda wildcards: list(balance_cells(wildcards.modality, wildcards.task)),
    message:
        "Draw the classes before and after balancing, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_augmentation with:
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
    pathvars:
        job="figure_augmentation/{modality}.{balance}",
    params:
        **drawn_by("figure_augmentation"),
        amplitudes=amplitudes,
    message:
        "Draw the effect of each augmentation, {wildcards.modality}, {wildcards.balance}"


use rule figure as figure_measurement with:
    input:
        samples=rules.simulate.output.samples,
        store=rules.simulate.output.store,
    output:
        **shown("measurement.{modality}", "3 Balance", figure="measurement", modality="{modality}"),
    pathvars:
        job="figure_measurement/{modality}",
    params:
        **drawn_by("figure_measurement"),
        others=1000,
    message:
        "Draw a pattern as measured, {wildcards.modality}"


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
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=60,
    params:
        task=setting("tasks/{task}"),
        changes=making_changes,
        seed=lambda wildcards: next(iter(making(wildcards.modality, wildcards.task).values())).seed,
        code=code("measure_synthetic", balance=making_modules),
    message:
        "Measure what the balance variants made, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/measure_synthetic.py"


use rule figure as figure_gallery with:
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
    pathvars:
        job="figure_gallery/{modality}.{task}",
    params:
        **drawn_by("figure_gallery", balance=making_modules),
        task=setting("tasks/{task}"),
        changes=making_changes,
    message:
        "Draw real and made patterns of a rare class, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_points with:
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
    pathvars:
        job="figure_points/{modality}.{task}",
    params:
        **drawn_by("figure_points"),
        task=setting("tasks/{task}"),
    message:
        "Draw a rare class and what was made of it, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_distances with:
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
    pathvars:
        job="figure_distances/{modality}.{task}",
    params:
        **drawn_by("figure_distances"),
    message:
        "Draw how far made items are from training samples, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_search with:
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
    pathvars:
        job="figure_search/{modality}.{task}.{balance}",
    params:
        **drawn_by("figure_search"),
        threshold=threshold,
    message:
        "Draw the search of {wildcards.balance}, {wildcards.modality}, {wildcards.task}"
