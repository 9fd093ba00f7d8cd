from sgbench import redistribute
from sgbench.files import read_table, write_json, write_table
from sgbench.progress import job, logger

with job(snakemake.log[0]):
    samples, kept = read_table(snakemake.input.samples), read_table(snakemake.input.kept)
    samples = samples[kept["kept"].to_numpy()]
    settings = dict(snakemake.params.settings)
    ratio = redistribute.Ratio(*settings["ratio"])
    seed = int(snakemake.wildcards.seed)
    if settings["policy"] == "material":
        split = redistribute.by_material(samples, ratio, seed)
    else:
        split = redistribute.by_sample(samples, ratio, settings["copy_below"], seed)
    audit = redistribute.audit(split, samples)
    logger.info("%.1f %% of the test samples show a training material", 100 * audit["test"]["share_in_train"])
    write_table(split, snakemake.output.split)
    write_json(audit, snakemake.output.audit)
