import pandas as pd

from sgbench.files import read_table, write_table
from sgbench.progress import job
from sgbench.report import published, style

with job(snakemake.log[0]):
    own, *transfers = map(read_table, snakemake.input.scores)
    # Transfers have what a model scores on its own modality as well, once more.
    elsewhere = [table[table["judged"] != table["modality"]] for table in transfers]
    scores = pd.concat([own.assign(judged=own["modality"]), *elsewhere], ignore_index=True)
    kept = dict(zip(map(tuple, snakemake.params.removals), map(read_table, snakemake.input.kept), strict=True))
    groups = {}
    for way, samples, split in zip(
        map(tuple, snakemake.params.counted), snakemake.input.samples, snakemake.input.splits, strict=True
    ):
        group_of = read_table(samples, ["id", "space_group"]).set_index("id")["space_group"]
        groups[way] = group_of.loc[read_table(split)["id"]].to_numpy()
    table = published.tabulate(snakemake.params.rows, scores, kept, groups)
    write_table(table, snakemake.output.table)
    style.save(published.draw(table), table, snakemake.output)
