from sgbench.crystals import read
from sgbench.crystals.table import tabulate
from sgbench.files import write_table
from sgbench.progress import job, logger

with job(snakemake.log[0]):
    records = list(read(snakemake.params.paths))
    accepted, rejected = tabulate(records, snakemake.threads, snakemake.params.confirmed_at_A)
    logger.info("%d records: %d crystals, %d rejected", len(records), len(accepted), len(rejected))
    write_table(accepted, snakemake.output.crystals)
    write_table(rejected, snakemake.output.rejected)
