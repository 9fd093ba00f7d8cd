# Figures of what models learn and see: curves, components, clusters, levels, answers of kernels.


use rule figure as figure_curves with:
    input:
        histories=lambda wildcards: paths(rules.fit_model.output.history, shown_in("curves", **wildcards)),
        metrics=lambda wildcards: paths(rules.judge_model.output.metrics, shown_in("curves", **wildcards)),
    output:
        **shown(
            "curves.{modality}.{task}",
            "4 Training",
            figure="learning curves",
            modality="{modality}",
            task="{task}",
        ),
    pathvars:
        job="figure_curves/{modality}.{task}",
    params:
        **drawn_by("figure_curves"),
        cells=lambda wildcards: [cell._asdict() for cell in shown_in("curves", **wildcards)],
    message:
        "Draw the learning curves, {wildcards.modality}, {wildcards.task}"


use rule figure_curves as figure_reconstruction with:
    input:
        histories=lambda wildcards: paths(
            rules.fit_model.output.history, shown_in("reconstruction", **wildcards)
        ),
        metrics=lambda wildcards: paths(
            rules.judge_model.output.metrics, shown_in("reconstruction", **wildcards)
        ),
    output:
        **shown(
            "reconstruction.{modality}.{task}",
            "4 Training",
            figure="autoencoders' learning curves",
            modality="{modality}",
            task="{task}",
        ),
    pathvars:
        job="figure_reconstruction/{modality}.{task}",
    params:
        **drawn_by("figure_curves"),
        cells=lambda wildcards: [cell._asdict() for cell in shown_in("reconstruction", **wildcards)],
    message:
        "Draw the learning curves of autoencoders, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_scree with:
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
    pathvars:
        job="figure_scree/{modality}.{task}",
    params:
        **drawn_by("figure_scree"),
        models=lambda wildcards: list(first_shown_in("scree", **wildcards)),
    message:
        "Draw the variance that components hold, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_embedding with:
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
    pathvars:
        job="figure_embedding/{modality}.{task}",
    params:
        **drawn_by("figure_embedding"),
        task=setting("tasks/{task}"),
        models=lambda wildcards: list(clusterings(wildcards)),
    message:
        "Draw what clusterings see, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_levels with:
    input:
        classes=lambda wildcards: paths(
            rules.make_plan.output.classes, first_shown_in("levels", **wildcards).values()
        ),
        predictions=lambda wildcards: paths(
            rules.judge_model.output.predictions, first_shown_in("levels", **wildcards).values()
        ),
        metrics=lambda wildcards: paths(
            rules.judge_model.output.metrics, first_shown_in("levels", **wildcards).values()
        ),
    output:
        **shown(
            "levels.{modality}.{task}",
            "5 Results",
            figure="levels",
            modality="{modality}",
            task="{task}",
        ),
    pathvars:
        job="figure_levels/{modality}.{task}",
    params:
        **drawn_by("figure_levels"),
        sizes=lambda wildcards: {
            name: config["models"][name]["sizes"] for name in first_shown_in("levels", **wildcards)
        },
    message:
        "Draw where samples stop, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_trickle with:
    input:
        scores=rules.collect_scores.output.scores,
    output:
        **shown(
            "trickle.{modality}.{task}",
            "5 Results",
            figure="levels against one model",
            modality="{modality}",
            task="{task}",
        ),
    pathvars:
        job="figure_trickle/{modality}.{task}",
    params:
        **drawn_by("figure_trickle"),
        way=lambda wildcards: main_way(**wildcards),
        balances=unbalanced,
        pairs=lambda wildcards: trickling(**wildcards),
    message:
        "Draw levels against one model, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_responses with:
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
    pathvars:
        job="figure_responses/{modality}.{task}",
    params:
        **drawn_by("figure_responses"),
    message:
        "Draw what kernels answer to, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_calibration with:
    input:
        predictions=lambda wildcards: paths(
            rules.judge_model.output.predictions, first_of_each("model", main_cells(**wildcards)).values()
        ),
        metrics=lambda wildcards: paths(
            rules.judge_model.output.metrics, first_of_each("model", main_cells(**wildcards)).values()
        ),
    output:
        **shown(
            "calibration.{modality}.{task}",
            "5 Results",
            figure="calibration",
            modality="{modality}",
            task="{task}",
        ),
    pathvars:
        job="figure_calibration/{modality}.{task}",
    params:
        **drawn_by("figure_calibration"),
        models=lambda wildcards: list(first_of_each("model", main_cells(**wildcards))),
    message:
        "Draw the calibration of each model, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_coverage with:
    input:
        scores=lambda wildcards: (
            rules.collect_transfers if exams(wildcards.modality) else rules.collect_scores
        ).output.scores,
        predictions=lambda wildcards: judged_paths("predictions", coverage_transfers(wildcards)),
        classes=lambda wildcards: rules.make_plan.output.classes.format(
            **main_cells(**wildcards)[0]._asdict()
        ),
    output:
        **shown(
            "coverage.{modality}.{task}",
            "5 Results",
            figure="accuracy against coverage",
            modality="{modality}",
            task="{task}",
        ),
    pathvars:
        job="figure_coverage/{modality}.{task}",
    params:
        **drawn_by("figure_coverage"),
        cells=lambda wildcards: list(map(list, coverage_transfers(wildcards))),
        fields=TRANSFER_FIELDS,
    message:
        "Draw accuracy against coverage, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_cost with:
    input:
        scores=rules.collect_scores.output.scores,
        benchmarks=lambda wildcards: list(dict.fromkeys(sum(training_benchmarks(**wildcards), []))),
    output:
        **shown("cost.{modality}.{task}", "5 Results", figure="cost", modality="{modality}", task="{task}"),
    pathvars:
        job="figure_cost/{modality}.{task}",
    params:
        **drawn_by("figure_cost"),
        benchmarks=lambda wildcards: training_benchmarks(**wildcards),
        cells=lambda wildcards: [list(cell) for cell in main_cells(**wildcards)],
        fields=Cell._fields,
    message:
        "Draw training time against macro-F1, {wildcards.modality}, {wildcards.task}"
