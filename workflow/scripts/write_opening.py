import pandas as pd

from sgbench.files import atomic, read_table
from sgbench.progress import job
from sgbench.report import opening, style

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    scores = read_table(snakemake.input.scores)
    leaks = dict(zip(snakemake.params.leaking, map(read_table, snakemake.input.leaks), strict=True))
    transfers = read_table(snakemake.input.transfers) if snakemake.input.transfers else None
    published = read_table(snakemake.input.published) if snakemake.input.published else None
    tables = [snakemake.input.records] if isinstance(snakemake.input.records, str) else snakemake.input.records
    groups = pd.concat([read_table(table, ["space_group"])["space_group"] for table in tables])
    study, what = snakemake.params.study, snakemake.params.what
    text = opening.write(study, what, groups, scores, transfers, snakemake.params.ways, leaks, published)
    with atomic(snakemake.output.text) as partial:
        partial.write_text(text, encoding="utf-8")
