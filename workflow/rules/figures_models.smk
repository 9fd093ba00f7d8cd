# Figures of what models learn and see: curves, components, clusters, levels, answers of kernels.


rule figure_curves:
    input:
        histories=lambda wildcards: paths(rules.fit_model.output.history, shown_in("curves", **wildcards)),
    output:
        **shown(
            "curves.{modality}.{task}",
            "4 Training",
            figure="learning curves",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_curves/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_curves/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        cells=lambda wildcards: [cell._asdict() for cell in shown_in("curves", **wildcards)],
        looks=looks_shown,
        code=code("figure_curves"),
    message:
        "Draw the learning curves, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_curves.py"


use rule figure_curves as figure_reconstruction with:
    input:
        histories=lambda wildcards: paths(
            rules.fit_model.output.history, shown_in("reconstruction", **wildcards)
        ),
    output:
        **shown(
            "reconstruction.{modality}.{task}",
            "4 Training",
            figure="autoencoders' learning curves",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_reconstruction/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_reconstruction/{{modality}}.{{task}}.jsonl"
    params:
        cells=lambda wildcards: [cell._asdict() for cell in shown_in("reconstruction", **wildcards)],
        looks=looks_shown,
        code=code("figure_curves"),
    message:
        "Draw the learning curves of autoencoders, {wildcards.modality}, {wildcards.task}"


rule figure_scree:
    input:
        histories=lambda wildcards: paths(
            rules.fit_model.output.history, first_shown_in("scree", **wildcards).values()
        ),
    output:
        **shown(
            "scree.{modality}.{task}",
            "4 Training",
            figure="scree plot",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_scree/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_scree/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        models=lambda wildcards: list(first_shown_in("scree", **wildcards)),
        looks=looks_shown,
        code=code("figure_scree"),
    message:
        "Draw the variance that components hold, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_scree.py"


rule figure_embedding:
    input:
        samples=rules.simulate.output.samples,
        predictions=lambda wildcards: paths(
            rules.judge_model.output.predictions, clusterings(wildcards).values()
        ),
    output:
        **shown(
            "embedding.{modality}.{task}",
            "5 Results",
            figure="clusters",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_embedding/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_embedding/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        task=setting("tasks/{task}"),
        models=lambda wildcards: list(clusterings(wildcards)),
        looks=looks_shown,
        code=code("figure_embedding"),
    message:
        "Draw what clusterings see, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_embedding.py"


rule figure_levels:
    input:
        classes=lambda wildcards: paths(
            rules.make_plan.output.classes, first_shown_in("levels", **wildcards).values()
        ),
        predictions=lambda wildcards: paths(
            rules.judge_model.output.predictions, first_shown_in("levels", **wildcards).values()
        ),
    output:
        **shown(
            "levels.{modality}.{task}",
            "5 Results",
            figure="levels",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_levels/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_levels/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        sizes=lambda wildcards: {
            name: config["models"][name]["sizes"] for name in first_shown_in("levels", **wildcards)
        },
        looks=looks_shown,
        code=code("figure_levels"),
    message:
        "Draw where samples stop, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_levels.py"


rule figure_responses:
    input:
        responses=lambda wildcards: paths(
            rules.map_responses.output.responses,
            list(first_shown_in("responses", **wildcards).values())[:1],
        )[0],
    output:
        **shown(
            "responses.{modality}.{task}",
            "5 Results",
            figure="attentive response maps",
            modality="{modality}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_responses/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_responses/{{modality}}.{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=code("figure_responses"),
    message:
        "Draw what kernels answer to, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_responses.py"


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
        looks=looks_shown,
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
        looks=looks_shown,
        code=code("figure_cost"),
    message:
        "Draw training time against macro-F1, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_cost.py"
