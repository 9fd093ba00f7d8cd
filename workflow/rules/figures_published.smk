# Figures that stand beside what was published.


use rule figure as figure_published with:
    input:
        scores=[
            rules.collect_scores.output.scores,
            *([rules.collect_transfers.output.scores] if TRANSFERS else []),
        ],
        kept=expand(
            rules.mark_duplicates.output.kept,
            zip,
            modality=[way[0] for way in removals()],
            dedup=[way[1] for way in removals()],
        ),
        samples=[rules.simulate.output.samples.format(modality=way[0]) for way in counted()],
        splits=[
            rules.draw_split.output.split.format(
                modality=way[0], dedup=way[1], split=way[2], seed=CELLS[0].seed
            )
            for way in counted()
        ],
    output:
        **shown("published", "6 Published", figure="published beside measured"),
        table=report(
            f"{RESULTS}/published.csv",
            caption="../report/published_table.rst",
            category="6 Published",
            labels={"figure": "published beside measured (table)"},
        ),
    pathvars:
        job="figure_published",
    params:
        **drawn_by("figure_published"),
        rows=PUBLISHED,
        removals=removals(),
        counted=counted(),
    message:
        "Draw the published numbers beside those measured here"


# Of the split and model that a published confusion matrix is of.
use rule figure_confusion as figure_confusion_beside with:
    input:
        scores=rules.collect_scores.output.scores,
        samples=rules.simulate.output.samples,
        predictions=lambda wildcards: paths(rules.judge_model.output.predictions, cells(**wildcards)),
    output:
        **shown(
            "confusion_beside.{modality}.{split}.{task}.{model}",
            "6 Published",
            figure="confusion matrix",
            modality="{modality}",
            split="{split}",
            model="{model}",
        ),
    pathvars:
        job="figure_confusion_beside/{modality}.{split}.{task}.{model}",
    params:
        **drawn_by("figure_confusion"),
        task=setting("tasks/{task}"),
        cells=lambda wildcards: list(map(list, cells(**wildcards))),
        fields=Cell._fields,
        outside=outside,
    message:
        "Draw the confusion matrix beside the published one, {wildcards.model} on {wildcards.modality}"


use rule figure_confusion_exam as figure_confusion_beside_on with:
    input:
        scores=rules.collect_transfers.output.scores,
        samples=rules.simulate.output.samples,
        judged=rules.simulate.output.samples.replace("{modality}", "{judged}"),
        predictions=lambda wildcards: judged_paths("predictions", sitting(**wildcards)),
    output:
        **shown(
            "confusion_beside_on.{modality}.{judged}.{split}.{task}.{model}",
            "6 Published",
            figure="confusion matrix",
            modality="{modality} on {judged}",
            split="{split}",
            model="{model}",
        ),
    pathvars:
        job="figure_confusion_beside_on/{modality}.{judged}.{split}.{task}.{model}",
    params:
        **drawn_by("figure_confusion"),
        task=setting("tasks/{task}"),
        cells=lambda wildcards: list(map(list, sitting(**wildcards))),
        fields=TRANSFER_FIELDS,
        outside=outside,
    message:
        "Draw the confusion matrix beside the published one, {wildcards.model} on {wildcards.judged}"
