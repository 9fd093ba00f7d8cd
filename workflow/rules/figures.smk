# What each figure shows: the trainings and files behind it. Figures are drawn from the tables of the stages and never
# from a model; any of them is made anew by its path.


def drawn_by(name, **chosen):
    """Return the parameters of a figure: the script that draws it, the library code it reaches (see ``code``), its looks."""
    return {"script": name, "code": code(name, **chosen), "looks": looks_shown}


def figure(name):
    """Return the three files of a figure; ``name`` may contain wildcards."""
    return {suffix: f"{RESULTS}/figures/{name}.{suffix}" for suffix in ("svg", "png", "csv")}


def shown(name, category, **labels):
    """Return the files of a figure with the picture declared for the report."""
    files = figure(name)
    caption = f"../report/{name.split('.')[0]}.rst"
    files["svg"] = report(files["svg"], caption=caption, category=category, labels=labels)
    return files


def looks_shown(wildcards):
    """Return how the names look that a figure may show, those of the trainings that it is of."""
    chosen = cells(**{axis: value for axis, value in wildcards.items() if axis in AXES})
    found = {axis: names(axis, chosen) for axis in AXES}
    found["modality"] += [judged for name in found["modality"] for judged in compared(name)]
    return {axis: {name: LOOKS[axis][name] for name in of} for axis, of in found.items()}


@cache
def cells(**fixed):
    """Return the trainings of the matrix with the given values, as they stand in its order."""
    return [cell for cell in CELLS if all(getattr(cell, axis) == value for axis, value in fixed.items())]


def main_cells(**fixed):
    """Return trainings as ``cells`` does, of one dedup and split: the first by material, else the first of all."""
    chosen = cells(**fixed)
    main = min(chosen, key=lambda cell: config["splits"][cell.split]["policy"] != "material")
    return [cell for cell in chosen if (cell.dedup, cell.split) == (main.dedup, main.split)]


def main_way(**fixed):
    """Return the modality, task, dedup and split of the trainings that ``main_cells`` gives."""
    cell = main_cells(**fixed)[0]
    return {axis: getattr(cell, axis) for axis in ("modality", "task", "dedup", "split")}


def subjects():
    """Return each modality and task that something was trained for."""
    return list(dict.fromkeys((cell.modality, cell.task) for cell in CELLS))


def training_benchmark(cell):
    """Return the file in which Snakemake keeps the time that a training took."""
    fitted = rules.fit_network if is_network(cell.model) else rules.fit_model
    return str(fitted.benchmark).format(**cell._replace(model=trainer(cell.model))._asdict())


def training_benchmarks(**fixed):
    """Return these files of each of the trainings that ``main_cells`` gives, and of those that it starts from."""
    return [[training_benchmark(each) for each in started_from(cell)] for cell in main_cells(**fixed)]


def names(axis, chosen=CELLS):
    return list(dict.fromkeys(getattr(cell, axis) for cell in chosen))


def first_of_each(axis, chosen):
    """Return the first of the trainings for each value of an axis, by that value."""
    return {
        value: next(cell for cell in chosen if getattr(cell, axis) == value) for value in names(axis, chosen)
    }


def paths(pattern, chosen):
    return [pattern.format(**cell._asdict()) for cell in chosen]


# Figures of some models only, and what these are; see sgbench.study.kinds.
OF_MODELS = {
    "curves": {"network": True, "labels": True},
    "reconstruction": {"network": True, "labels": False},
    "levels": {"levels": True},
    "scree": {"components": True},
    "embedding": {"labels": False},
    "responses": {"responds": True},
}


def shown_in(figure, **fixed):
    """Return trainings as ``main_cells`` does, of the models that a figure is of."""
    return [cell for cell in main_cells(**fixed) if kind("models", cell.model).has(**OF_MODELS[figure])]


def first_shown_in(figure, **fixed):
    """Return the first of these trainings for each model, by the model."""
    return first_of_each("model", shown_in(figure, **fixed))


def clusterings(wildcards):
    """Return the first training of each kind of model without labels, by the model, for a figure's modality and task."""
    firsts = {}
    for model, cell in first_shown_in("embedding", **wildcards).items():
        firsts.setdefault(kind("models", model), (model, cell))
    return dict(firsts.values())


def split_cells(modality):
    """Return a training for each split of a modality, all of the dedup of its main trainings."""
    return first_of_each("split", cells(modality=modality, dedup=main_cells(modality=modality)[0].dedup))


def balance_cells(modality, task):
    return first_of_each("balance", main_cells(modality=modality, task=task))


def leak_cells(task):
    """Return the trainings of a task whose modality, model and balance meet several dedups or splits.

    What a split withholds from training is no matter of memory, so those that do are left out.
    """
    chosen = [cell for cell in cells(task=task) if not config["splits"][cell.split].get("withhold")]
    ways = {}
    for cell in chosen:
        ways.setdefault((cell.modality, cell.model, cell.balance), set()).add((cell.dedup, cell.split))
    return [cell for cell in chosen if len(ways[cell.modality, cell.model, cell.balance]) > 1]


def rarity_cells(modality, task):
    """Return trainings without balance and of crystals made anew, where there are such: of the splits that do not leak."""
    main = main_cells(modality=modality, task=task)[0]
    chosen = [
        cell
        for cell in cells(modality=modality, task=task)
        if cell.dedup == main.dedup
        and (cell.split == main.split or config["splits"][cell.split]["policy"] != "sample")
    ]
    anew = [cell for cell in chosen if steps(cell.balance, resimulates=True)]
    compared = {(cell.split, cell.model) for cell in anew}
    return [
        cell
        for cell in chosen
        if cell in anew or ((cell.split, cell.model) in compared and steps(cell.balance, step="none"))
    ]


def leaking():
    """Return the tasks that have the figure of the leak."""
    return [task for task in names("task") if leak_cells(task)]


def stores(modalities):
    """Return the inputs of a figure that shows patterns of several modalities."""
    inputs = {"samples": rules.simulate.output.samples, "stores": rules.simulate.output.store}
    return {name: expand(pattern, modality=modalities) for name, pattern in inputs.items()}


def compared(modality):
    """Return a modality and the exams that its models sit."""
    return [modality, *exams(modality)]


def alike(modality):
    """Return those of them that show the same crystals."""
    return [modality, *(exam for exam in exams(modality) if not of_others(config["modalities"][exam]))]


def has_classes(modality):
    """Return whether a modality's crystals have fingerprints and are to be told by structure class."""
    labels = {config["tasks"][cell.task]["predict"] for cell in cells(modality=modality)}
    return config["modalities"][modality].get("simulate") == "fingerprint" and "structure_class" in labels


def resolutions():
    """Return a powder modality for each resolution, where there are several."""
    modalities = {name: config["modalities"][name] for name in names("modality")}
    powder = {name: of for name, of in modalities.items() if of.get("simulate") == "powder"}
    named = {name: of["resolution"] for name, of in powder.items() if isinstance(of["resolution"], str)}
    first = {named[name]: name for name in reversed(named) if powder[name]["instrument"] is None}
    return [
        first[resolution] for resolution in ("low", "high", "none") if resolution in first and len(first) > 1
    ]


def amplitudes(wildcards):
    """Return how far the step of a variant that augments changes patterns of each kind."""
    (step,) = steps(wildcards.balance, augments=True)
    return {pattern: step[pattern] for pattern in ("powder", "image")}


def making(modality, task):
    """Return a training of each variant that makes items, but for streams; all of the split and seed of the first."""
    chosen = main_cells(modality=modality, task=task)
    chosen = [cell for cell in chosen if steps(cell.balance, makes=True) and not streams(cell.balance)]
    return first_of_each("balance", [cell for cell in chosen if cell.seed == chosen[0].seed])


def making_paths(pattern):
    """Return an input: files of the variants that make items."""
    return lambda wildcards: paths(pattern, making(wildcards.modality, wildcards.task).values())


def making_generated(wildcards):
    """Return what those of them generated that do, stores and tables."""
    variants = making(wildcards.modality, wildcards.task).values()
    chosen = [cell for cell in variants if steps(cell.balance, generates=True)]
    return [path for output in rules.generate_items.output for path in paths(output, chosen)]


def split_of(wildcards):
    """Return the split behind the variants that make items."""
    cell = next(iter(making(wildcards.modality, wildcards.task).values()))
    return rules.draw_split.output.split.format(**cell._asdict())


def making_changes(wildcards):
    """Return those of their steps that change items when they are read."""
    return {name: steps(name, step="change") for name in making(wildcards.modality, wildcards.task)}


def making_modules(wildcards):
    return [step["method"] for changes in making_changes(wildcards).values() for step in changes]


def searches(modality, task):
    """Return the first training of each balance variant that searches."""
    chosen = main_cells(modality=modality, task=task)
    return first_of_each("balance", [cell for cell in chosen if steps(cell.balance, searches=True)])


def threshold(wildcards):
    """Return the drop that ends the search of a variant."""
    (step,) = steps(wildcards.balance, searches=True)
    return step["threshold"]


def transfers(wildcards):
    """Return the main trainings of a modality and task, as they sit an exam."""
    chosen = main_cells(modality=wildcards.modality, task=wildcards.task)
    return [(*cell, wildcards.judged) for cell in chosen]


def coverage_transfers(wildcards):
    """Return the main trainings of a modality and task, on their own modality and in each exam."""
    chosen = main_cells(**wildcards)
    return [(*cell, judged) for judged in compared(wildcards.modality) for cell in chosen]


def all_figures():
    """Return every figure that the matrix has the results for."""
    found = ["census"] if SOURCES or config["crystals"] else []
    found += [f"census.{modality}" for modality in names("modality") if modality in READ]
    found += ["resolution"] if resolutions() else []
    for modality in names("modality"):
        found += [f"split.{modality}"]
        found += [] if kind("modalities", modality).gives == "numbers" else [f"examples.{modality}"]
        found += [f"classes.{modality}"] if has_classes(modality) else []
        variants = names("balance", cells(modality=modality))
        found += [
            f"augmentation.{modality}.{balance}" for balance in variants if steps(balance, augments=True)
        ]
        found += (
            [f"measurement.{modality}"] if any(steps(balance, measures=True) for balance in variants) else []
        )
        for task in names("task", cells(modality=modality)):
            found.append(f"confusion.{modality}.{task}")
            found += [f"confusion_on.{modality}.{exam}.{task}" for exam in exams(modality)]
            several = len(balance_cells(modality, task)) > 1
            found += [f"{name}.{modality}.{task}" for name in ("balance", "heatmap") if several]
            found += [f"{name}.{modality}.{task}" for name in ("recall", "calibration", "coverage", "cost")]
            found += [f"rarity.{modality}.{task}"] if rarity_cells(modality, task) else []
            if making(modality, task):
                found += [f"{name}.{modality}.{task}" for name in ("gallery", "points", "distances")]
            found += [f"trickle.{modality}.{task}"] if trickling(modality=modality, task=task) else []
            found += [f"search.{modality}.{task}.{balance}" for balance in searches(modality, task)]
            found += [
                f"{name}.{modality}.{task}"
                for name in OF_MODELS
                if shown_in(name, modality=modality, task=task)
            ]
    found += ["topk"]
    found += ["published"] if PUBLISHED else []
    found += [f"confusion_{name}" for name in confused()]
    for task in names("task"):
        found.append(f"scores.{task}")
        found += [f"leak.{task}"] if leak_cells(task) else []
        found += [f"transfer.{task}"] if any(exams(cell.modality) for cell in cells(task=task)) else []
    return [path for name in found for path in figure(name).values()]
