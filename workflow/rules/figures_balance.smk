# Figures of what balancing does: class sizes, made items beside real ones, the search for the medium.


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
        looks=looks_shown,
        code=code("figure_balance"),
    message:
        "Draw the classes before and after balancing, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_balance.py"


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
        amplitudes=amplitudes,
        code=code("figure_augmentation"),
    message:
        "Draw the effect of each augmentation, {wildcards.modality}, {wildcards.balance}"
    script:
        "../scripts/figure_augmentation.py"


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
        changes=making_changes,
        looks=looks_shown,
        code=code("figure_gallery", balance=making_modules),
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
        looks=looks_shown,
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
        looks=looks_shown,
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
        threshold=threshold,
        code=code("figure_search"),
    message:
        "Draw the search of {wildcards.balance}, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_search.py"
