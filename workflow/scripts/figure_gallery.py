from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import style, synthetic
from sgbench.samples.items import images_of, rows_of_part, task_samples
from sgbench.samples.store import Store, holds_powder, settings_of
from sgbench.simulate.instrument import Settings

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    samples, _ = task_samples(snakemake.input.samples, **snakemake.params.task)
    rows = rows_of_part(samples, read_table(snakemake.input.split), "train")
    store = Store(snakemake.input.store)
    chosen = synthetic.choose_gallery(read_table(snakemake.input.table))
    at = {kind: places["position"].to_numpy() for kind, places in chosen.groupby("kind", sort=False)}
    images = {synthetic.REAL: images_of(store, rows)(at[synthetic.REAL])}
    for (name, changes), plan in zip(snakemake.params.changes.items(), snakemake.input.plans, strict=True):
        if name in at:
            images[name] = synthetic.variant_items(store, samples, changes, plan).images(at[name])
    angles = settings_of(Settings, store.made_by).angles_deg if holds_powder(store.made_by) else None
    style.save(synthetic.draw_gallery(images, angles), chosen, snakemake.output)
