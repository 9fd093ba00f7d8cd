# Figures that compare trainings by their scores, on test, after every choice was made on dev.


use rule figure as figure_scores with:
    input:
        scores=rules.collect_scores.output.scores,
    output:
        **shown("scores.{task}", "5 Results", figure="test scores", task="{task}"),
    pathvars:
        job="figure_scores/{task}",
    params:
        **drawn_by("figure_scores"),
        ways=lambda wildcards: [
            main_way(modality=modality, task=task) for modality, task in subjects() if task == wildcards.task
        ],
    message:
        "Draw the test scores, {wildcards.task}"


use rule figure as figure_heatmap with:
    input:
        scores=rules.collect_scores.output.scores,
    output:
        **shown(
            "heatmap.{modality}.{task}",
            "5 Results",
            figure="balance x model",
            modality="{modality}",
            task="{task}",
        ),
    pathvars:
        job="figure_heatmap/{modality}.{task}",
    params:
        **drawn_by("figure_heatmap"),
        way=lambda wildcards: main_way(modality=wildcards.modality, task=wildcards.task),
    message:
        "Draw macro-F1 of every balance variant with every model, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_recall with:
    input:
        scores=rules.collect_scores.output.scores,
    output:
        **shown(
            "recall.{modality}.{task}",
            "5 Results",
            figure="recall by class size",
            modality="{modality}",
            task="{task}",
        ),
    pathvars:
        job="figure_recall/{modality}.{task}",
    params:
        **drawn_by("figure_recall"),
        way=lambda wildcards: main_way(modality=wildcards.modality, task=wildcards.task),
    message:
        "Draw recall by class size, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_rarity with:
    input:
        scores=rules.collect_scores.output.scores,
        predictions=lambda wildcards: paths(
            rules.judge_model.output.predictions, rarity_cells(wildcards.modality, wildcards.task)
        ),
        classes=lambda wildcards: paths(
            rules.make_plan.output.classes, rarity_cells(wildcards.modality, wildcards.task)
        ),
    output:
        **shown(
            "rarity.{modality}.{task}",
            "5 Results",
            figure="recall by training crystals",
            modality="{modality}",
            task="{task}",
        ),
    pathvars:
        job="figure_rarity/{modality}.{task}",
    params:
        **drawn_by("figure_rarity"),
        cells=lambda wildcards: list(map(list, rarity_cells(wildcards.modality, wildcards.task))),
        fields=Cell._fields,
    message:
        "Draw recall against the number of training crystals, {wildcards.modality}, {wildcards.task}"


use rule figure as figure_topk with:
    input:
        scores=rules.collect_scores.output.scores,
    output:
        **shown("topk", "5 Results", figure="top-1, top-3, top-5"),
    pathvars:
        job="figure_topk",
    params:
        **drawn_by("figure_topk"),
        ways=[main_way(modality=modality, task=task) for modality, task in subjects()],
    message:
        "Draw top-1, top-3 and top-5 accuracy"


use rule figure as figure_leak with:
    input:
        scores=rules.collect_scores.output.scores,
        predictions=lambda wildcards: paths(rules.judge_model.output.predictions, leak_cells(wildcards.task)),
    output:
        **shown("leak.{task}", "5 Results", figure="the leak", task="{task}"),
    pathvars:
        job="figure_leak/{task}",
    params:
        **drawn_by("figure_leak"),
        cells=lambda wildcards: list(map(list, leak_cells(wildcards.task))),
        fields=Cell._fields,
    message:
        "Draw what duplicates and the split do to the score, {wildcards.task}"


use rule figure as figure_confusion with:
    input:
        scores=rules.collect_scores.output.scores,
        samples=rules.simulate.output.samples,
        predictions=lambda wildcards: paths(
            rules.judge_model.output.predictions,
            main_cells(modality=wildcards.modality, task=wildcards.task),
        ),
    output:
        **shown(
            "confusion.{modality}.{task}",
            "5 Results",
            figure="confusion matrix",
            modality="{modality}",
            task="{task}",
        ),
    pathvars:
        job="figure_confusion/{modality}.{task}",
    params:
        **drawn_by("figure_confusion"),
        task=setting("tasks/{task}"),
        cells=lambda wildcards: [
            list(cell) for cell in main_cells(modality=wildcards.modality, task=wildcards.task)
        ],
        fields=Cell._fields,
        outside=outside,
    message:
        "Draw the confusion matrix of the model chosen on dev, {wildcards.modality}, {wildcards.task}"


use rule figure_confusion as figure_confusion_exam with:
    input:
        scores=rules.collect_transfers.output.scores,
        samples=rules.simulate.output.samples,
        judged=rules.simulate.output.samples.replace("{modality}", "{judged}"),
        predictions=lambda wildcards: judged_paths("predictions", transfers(wildcards)),
    output:
        **shown(
            "confusion_on.{modality}.{judged}.{task}",
            "5 Results",
            figure="confusion matrix",
            modality="{modality} on {judged}",
            task="{task}",
        ),
    pathvars:
        job="figure_confusion_exam/{modality}.{judged}.{task}",
    params:
        **drawn_by("figure_confusion"),
        task=setting("tasks/{task}"),
        cells=lambda wildcards: list(map(list, transfers(wildcards))),
        fields=TRANSFER_FIELDS,
        outside=outside,
    message:
        "Draw the confusion matrix of {wildcards.modality} on {wildcards.judged}, {wildcards.task}"


use rule figure as figure_transfer with:
    input:
        scores=rules.collect_transfers.output.scores,
    output:
        **shown("transfer.{task}", "5 Results", figure="other modalities", task="{task}"),
    pathvars:
        job="figure_transfer/{task}",
    params:
        **drawn_by("figure_transfer"),
    message:
        "Draw the scores on modalities that were not trained on, {wildcards.task}"
