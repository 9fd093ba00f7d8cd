from sgbench.files import read_table, write_table
from sgbench.progress import job, logger
from sgbench.samples import dedup

with job(snakemake.log[0]):
    samples = read_table(snakemake.input.samples)
    settings = dict(snakemake.params.settings)
    method = settings.pop("method")
    if method == "cell":
        kept = dedup.by_cell(samples, dedup.CellTolerance(**settings))
    else:
        kept = {"none": dedup.keep_all, "image": dedup.by_image}[method](samples)
    repeats = (~kept["kept"]).sum()
    logger.info(
        "%d samples: %d kept, %d duplicates (%.1f %%)",
        len(kept),
        kept["kept"].sum(),
        repeats,
        100 * repeats / len(kept),
    )
    write_table(kept, snakemake.output.kept)
