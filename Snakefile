# sgbench: from raw crystals to a report on how well their space groups can be told.
# The tables that the stages exchange are described in docs/contracts.md, every key of the configuration in
# config/README.md.

import os
from pathlib import Path

from sgbench.study.driver import MARK

if not Path("workflow/rules").is_dir():
    raise WorkflowError(
        f"Paths are relative to the project: run it there (cd '{workflow.basedir}', or --directory)"
    )

# By this, `make run` knows the jobs of a run that was killed.
os.environ[MARK] = os.getcwd()


# Files given by --configfile, each laid over the one before, replace the default: they are not laid over it.
if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/sources.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/dedup.smk"
include: "workflow/rules/redistribute.smk"
include: "workflow/rules/balance.smk"
include: "workflow/rules/export.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/figures_data.smk"
include: "workflow/rules/figures_balance.smk"
include: "workflow/rules/figures_models.smk"
include: "workflow/rules/figures_scores.smk"
include: "workflow/rules/figures_published.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/predict.smk"


# The opening page, with the study's numbers.
report: rules.write_opening.output.text


wildcard_constraints:
    study=config["study"],
    modality="|".join(config["modalities"]),
    judged=one_of(config["exams"]),
    dedup="|".join(config["dedup"]),
    split="|".join(config["splits"]),
    task="|".join(config["tasks"]),
    balance="|".join(config["balances"]),
    model="|".join(config["models"]),
    seed=r"\d+",
    batch="[^/]+",


localrules:
    all,
    ingest,
    dedup,
    redistribute,
    balance,
    train,
    evaluate,
    figures,
    report,


rule all:
    default_target: True
    input:
        rules.write_report.output,
        per_cell(
            rules.write_model.output, [cell for chosen in config["model_files"] for cell in cells(**chosen)]
        ),


# One target a stage, in the order in which data flows.
rule ingest:
    input:
        per_cell([rules.simulate.output.store, rules.simulate.output.samples]),


rule dedup:
    input:
        per_cell(rules.mark_duplicates.output),


rule redistribute:
    input:
        per_cell(rules.draw_split.output),


rule balance:
    input:
        per_cell(rules.make_plan.output),


rule train:
    input:
        per_cell(rules.fit_model.output, TRAININGS),


rule evaluate:
    input:
        per_cell(rules.judge_model.output),
        rules.collect_scores.output,
        rules.collect_transfers.output if TRANSFERS else [],


rule figures:
    input:
        FIGURES,


rule report:
    input:
        rules.write_report.output,


onstart:
    folder = next(path for path in [Path(RESULTS), *Path(RESULTS).parents] if path.is_dir())
    if not os.access(folder, os.W_OK):
        raise WorkflowError(f"{folder}: results cannot be written there")


# A dry run says what each job asks for.
for job in workflow.rules:
    if job.message:
        gpus = " {resources.gpu} GPU," if "gpu" in job.resources else ""
        job.message += (
            f" ({job.name}: {{threads}} CPU,{gpus} {{resources.mem_mb}} MB, {{resources.runtime}} min)"
        )
