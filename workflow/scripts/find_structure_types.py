from sgbench.crystals.structure_type import structure_type
from sgbench.crystals.table import from_table
from sgbench.files import read_table, write_table
from sgbench.parallel import ordered_map
from sgbench.progress import job, logger, track

with job(snakemake.log[0]):
    crystals = read_table(snakemake.input.crystals)
    found = ordered_map(structure_type, list(from_table(crystals)), snakemake.threads)
    types = crystals[["id", "material"]].assign(
        structure_type=list(track(found, len(crystals), "find structure types", "crystals"))
    )
    logger.info("%d crystals of %d structure types", len(types), types["structure_type"].nunique())
    write_table(types, snakemake.output.types)
