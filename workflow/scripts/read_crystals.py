from sgbench import crystals
from sgbench.files import write_table
from sgbench.progress import job, logger

with job(snakemake.log[0]):
    records = list(crystals.read(snakemake.params.paths))
    accepted, rejected = crystals.tabulate(records, workers=snakemake.threads)
    logger.info("%d records: %d crystals, %d rejected", len(records), len(accepted), len(rejected))
    write_table(accepted, snakemake.output.crystals)
    write_table(rejected, snakemake.output.rejected)
