from sgbench.files import read_table, write_json, write_table
from sgbench.progress import job, logger
from sgbench.samples import redistribute

with job(snakemake.log[0]):
    samples, kept = read_table(snakemake.input.samples), read_table(snakemake.input.kept)
    samples = samples[kept["kept"].to_numpy()]
    if snakemake.input.types:
        # A sample of a file has an id of its own, and names its material.
        samples = redistribute.typed(samples, read_table(snakemake.input.types), snakemake.params.known_by)
    settings = dict(snakemake.params.settings)
    seed, policy = int(snakemake.wildcards.seed), settings.pop("policy")
    if policy == "original":
        split = redistribute.by_origin(samples)
    else:
        draw = getattr(redistribute, f"by_{policy}")
        split = draw(samples, redistribute.Ratio(*settings.pop("ratio")), seed=seed, **settings)
    audit = redistribute.audit(split, samples)
    logger.info("%.1f %% of the test samples show a training material", 100 * audit["test"]["share_in_train"])
    missing = audit["test"]["space_groups"] - audit["test"]["space_groups_in_train"]
    logger.info("%d space groups of the test samples have no training sample", missing)
    write_table(split, snakemake.output.split)
    write_json(audit, snakemake.output.audit)
