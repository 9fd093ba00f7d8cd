# Figures and tables, from the tables of the stages and never from a model; any of them is made anew by its path.


def figure(name):
    """Return the three files of a figure; ``name`` may contain wildcards."""
    return {kind: f"{RESULTS}/figures/{name}.{kind}" for kind in ("svg", "png", "csv")}


def shown(name, category, **labels):
    """Return the files of a figure with the picture declared for the report."""
    files = figure(name)
    caption = f"../report/{name.split('.')[0]}.rst"
    files["svg"] = report(files["svg"], caption=caption, category=category, labels=labels)
    return files


def cells(**fixed):
    """Return the trainings of the matrix with the given values, as they stand in its order."""
    return [cell for cell in CELLS if all(getattr(cell, axis) == value for axis, value in fixed.items())]


def main_cells(**fixed):
    """Return trainings as ``cells`` does, of the dedup and split that come first in the matrix for them."""
    chosen = cells(**fixed)
    return [cell for cell in chosen if (cell.dedup, cell.split) == (chosen[0].dedup, chosen[0].split)]


def names(axis, chosen=CELLS):
    return list(dict.fromkeys(getattr(cell, axis) for cell in chosen))


def first_of_each(axis, chosen):
    """Return the first of the trainings for each value of an axis, by that value."""
    return {
        value: next(cell for cell in chosen if getattr(cell, axis) == value) for value in names(axis, chosen)
    }


def paths(pattern, chosen):
    return [pattern.format(**cell._asdict()) for cell in chosen]


def networks(task):
    return [cell for cell in main_cells(task=task) if config["models"][cell.model]["kind"] in NETWORKS]


def split_cells(modality):
    """Return a training for each split of a modality, all of the dedup that comes first for it."""
    return first_of_each("split", cells(modality=modality, dedup=cells(modality=modality)[0].dedup))


def balance_cells(modality, task):
    return first_of_each("balance", main_cells(modality=modality, task=task))


def leak_cells(task):
    """Return the trainings of a task whose modality, model and balance meet several dedups or splits."""
    ways = {}
    for cell in cells(task=task):
        ways.setdefault((cell.modality, cell.model, cell.balance), set()).add((cell.dedup, cell.split))
    return [cell for cell in cells(task=task) if len(ways[cell.modality, cell.model, cell.balance]) > 1]


rule figure_census:
    input:
        crystals=rules.read_crystals.output.crystals,
    output:
        **shown("census", "1 Data", figure="census"),
    log:
        f"{RESULTS}/logs/figure_census.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_census.jsonl"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=code("figure_census"),
    message:
        "Draw the census of space groups"
    script:
        "../scripts/figure_census.py"


rule figure_examples:
    input:
        samples=rules.simulate.output.samples,
        store=rules.simulate.output.store,
    output:
        **shown("examples.{modality}", "1 Data", figure="examples", modality="{modality}"),
    log:
        f"{RESULTS}/logs/figure_examples/{{modality}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_examples/{{modality}}.jsonl"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=code("figure_examples"),
    message:
        "Draw example patterns, {wildcards.modality}"
    script:
        "../scripts/figure_examples.py"


def stores(modalities):
    """Return the inputs of a figure that shows patterns of several modalities."""
    kinds = {"samples": rules.simulate.output.samples, "stores": rules.simulate.output.store}
    return {name: expand(pattern, modality=modalities) for name, pattern in kinds.items()}


def compared(modality):
    """Return a modality and those that its models are judged on."""
    return [modality, *config["judge_on"].get(modality, [])]


def has_classes(modality):
    """Return whether a modality's crystals have fingerprints and are to be told by structure class."""
    labels = {config["tasks"][cell.task]["label"] for cell in cells(modality=modality)}
    return config["modalities"][modality]["simulate"] == "fingerprint" and "structure_class" in labels


rule figure_classes:
    input:
        unpack(lambda wildcards: stores(compared(wildcards.modality))),
        crystals=rules.read_crystals.output.crystals,
    output:
        **shown("classes.{modality}", "1 Data", figure="structure classes", modality="{modality}"),
    log:
        f"{RESULTS}/logs/figure_classes/{{modality}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_classes/{{modality}}.jsonl"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        names=lambda wildcards: compared(wildcards.modality),
        code=code("figure_classes"),
    message:
        "Draw a crystal of each structure class and its fingerprint, {wildcards.modality}"
    script:
        "../scripts/figure_classes.py"


def resolutions():
    """Return a powder modality for each resolution, where there are several."""
    modalities = {name: config["modalities"][name] for name in names("modality")}
    powder = {name: of["resolution"] for name, of in modalities.items() if of["simulate"] == "powder"}
    first = {resolution: name for name, resolution in reversed(powder.items())}
    return [
        first[resolution] for resolution in ("low", "high", "none") if resolution in first and len(first) > 1
    ]


rule figure_resolution:
    input:
        **stores(resolutions()),
    output:
        **shown("resolution", "1 Data", figure="resolution"),
    log:
        f"{RESULTS}/logs/figure_resolution.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_resolution.jsonl"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        names=resolutions(),
        code=code("figure_resolution"),
    message:
        "Draw patterns at several resolutions"
    script:
        "../scripts/figure_resolution.py"


def augments(balance):
    return config["balances"][balance]["method"] == "augment"


def amplitudes(balance):
    return {kind: config["balances"][balance][kind] for kind in ("powder", "image")}


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
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        kind=setting("modalities/{modality}/simulate"),
        amplitudes=lambda wildcards: amplitudes(wildcards.balance),
        code=code("figure_augmentation"),
    message:
        "Draw the effect of each augmentation, {wildcards.modality}, {wildcards.balance}"
    script:
        "../scripts/figure_augmentation.py"


rule figure_split:
    input:
        samples=rules.simulate.output.samples,
        splits=lambda wildcards: paths(
            rules.draw_split.output.split, split_cells(wildcards.modality).values()
        ),
        audits=lambda wildcards: paths(
            rules.draw_split.output.audit, split_cells(wildcards.modality).values()
        ),
    output:
        **shown("split.{modality}", "2 Split", figure="parts", modality="{modality}"),
    log:
        f"{RESULTS}/logs/figure_split/{{modality}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_split/{{modality}}.jsonl"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        names=lambda wildcards: list(split_cells(wildcards.modality)),
        code=code("figure_split"),
    message:
        "Draw the parts of each split, {wildcards.modality}"
    script:
        "../scripts/figure_split.py"


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
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        names=lambda wildcards: list(balance_cells(wildcards.modality, wildcards.task)),
        code=code("figure_balance"),
    message:
        "Draw the classes before and after balancing, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_balance.py"


rule figure_curves:
    input:
        histories=lambda wildcards: paths(rules.fit_model.output.history, networks(wildcards.task)),
    output:
        **shown("curves.{task}", "4 Training", figure="learning curves", task="{task}"),
    log:
        f"{RESULTS}/logs/figure_curves/{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_curves/{{task}}.jsonl"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        cells=lambda wildcards: [cell._asdict() for cell in networks(wildcards.task)],
        code=code("figure_curves"),
    message:
        "Draw the learning curves, {wildcards.task}"
    script:
        "../scripts/figure_curves.py"


rule figure_scores:
    input:
        scores=rules.collect_scores.output.scores,
    output:
        **shown("scores.{task}", "5 Results", figure="test scores", task="{task}"),
    log:
        f"{RESULTS}/logs/figure_scores/{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_scores/{{task}}.jsonl"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        ways=lambda wildcards: [
            (cell.modality, cell.dedup, cell.split)
            for cell in first_of_each("modality", cells(task=wildcards.task)).values()
        ],
        code=code("figure_scores"),
    message:
        "Draw the test scores, {wildcards.task}"
    script:
        "../scripts/figure_scores.py"


rule figure_leak:
    input:
        scores=rules.collect_scores.output.scores,
    output:
        **shown("leak.{task}", "5 Results", figure="the leak", task="{task}"),
    log:
        f"{RESULTS}/logs/figure_leak/{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_leak/{{task}}.jsonl"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=code("figure_leak"),
    message:
        "Draw what duplicates and the split do to the score, {wildcards.task}"
    script:
        "../scripts/figure_leak.py"


rule figure_confusion:
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
    log:
        f"{RESULTS}/logs/figure_confusion/{{modality}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_confusion/{{modality}}.{{task}}.jsonl"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        task=setting("tasks/{task}"),
        cells=lambda wildcards: [
            list(cell) for cell in main_cells(modality=wildcards.modality, task=wildcards.task)
        ],
        fields=Cell._fields,
        code=code("figure_confusion"),
    message:
        "Draw the confusion matrix of the best model, {wildcards.modality}, {wildcards.task}"
    script:
        "../scripts/figure_confusion.py"


def transfers(wildcards):
    """Return the main trainings of a modality and task, as they are judged on another modality."""
    chosen = main_cells(modality=wildcards.modality, task=wildcards.task)
    return [(*cell, wildcards.judged) for cell in chosen]


use rule figure_confusion as figure_confusion_elsewhere with:
    input:
        scores=rules.collect_transfers.output.scores,
        samples=rules.simulate.output.samples,
        predictions=lambda wildcards: judged_paths("predictions", transfers(wildcards)),
    output:
        **shown(
            "confusion_on.{modality}.{judged}.{task}",
            "5 Results",
            figure="confusion matrix",
            modality="{modality} on {judged}",
            task="{task}",
        ),
    log:
        f"{RESULTS}/logs/figure_confusion_elsewhere/{{modality}}.{{judged}}.{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_confusion_elsewhere/{{modality}}.{{judged}}.{{task}}.jsonl"
    params:
        task=setting("tasks/{task}"),
        cells=lambda wildcards: list(map(list, transfers(wildcards))),
        fields=TRANSFER_FIELDS,
        code=code("figure_confusion"),
    message:
        "Draw the confusion matrix of {wildcards.modality} on {wildcards.judged}, {wildcards.task}"


rule figure_transfer:
    input:
        scores=rules.collect_transfers.output.scores,
    output:
        **shown("transfer.{task}", "5 Results", figure="other modalities", task="{task}"),
    log:
        f"{RESULTS}/logs/figure_transfer/{{task}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figure_transfer/{{task}}.jsonl"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        code=code("figure_transfer"),
    message:
        "Draw the scores on modalities that were not trained on, {wildcards.task}"
    script:
        "../scripts/figure_transfer.py"


def all_figures():
    """Return every figure that the matrix has the results for."""
    found = ["census"]
    found += ["resolution"] if resolutions() else []
    for modality in names("modality"):
        found += [f"examples.{modality}", f"split.{modality}"]
        found += [f"classes.{modality}"] if has_classes(modality) else []
        augmenting = [name for name in names("balance", cells(modality=modality)) if augments(name)]
        found += [f"augmentation.{modality}.{balance}" for balance in augmenting]
        for task in names("task", cells(modality=modality)):
            found.append(f"confusion.{modality}.{task}")
            judged = config["judge_on"].get(modality, [])
            found += [f"confusion_on.{modality}.{other}.{task}" for other in judged]
            if len(balance_cells(modality, task)) > 1:
                found.append(f"balance.{modality}.{task}")
    for task in names("task"):
        found.append(f"scores.{task}")
        found += [f"curves.{task}"] if networks(task) else []
        found += [f"leak.{task}"] if leak_cells(task) else []
        found += (
            [f"transfer.{task}"]
            if any(cell.modality in config["judge_on"] for cell in cells(task=task))
            else []
        )
    return [path for name in found for path in figure(name).values()]


FIGURES = all_figures()


rule write_provenance:
    input:
        sources=SOURCES,
        scores=rules.collect_scores.output.scores,
    output:
        provenance=f"{RESULTS}/provenance.json",
        config=f"{RESULTS}/config.yaml",
    log:
        f"{RESULTS}/logs/write_provenance.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_provenance.jsonl"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=10,
    params:
        config=config,
        seeds=sorted({cell.seed for cell in CELLS}),
        code=code("write_provenance"),
    message:
        "Write down versions, configuration, seeds and checksums"
    script:
        "../scripts/write_provenance.py"


# Snakemake's own report of what stands in results/ by then, by a second Snakemake that runs nothing.
rule write_report:
    input:
        FIGURES,
        config=rules.write_provenance.output.config,
        scores=rules.collect_scores.output.scores,
        captions=sorted(map(str, Path("workflow/report").glob("*.rst"))),
    output:
        html=f"{RESULTS}/report.html",
    log:
        f"{RESULTS}/logs/write_report.log",
    benchmark:
        f"{RESULTS}/benchmarks/write_report.jsonl"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=20,
    message:
        "Write {output.html}"
    shell:
        "snakemake figures {input.scores} --nolock --cores 1 --configfile {input.config}"
        " --report {output.html} > {log} 2>&1"
