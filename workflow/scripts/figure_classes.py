from sgbench.crystals.table import from_table
from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import classes, style
from sgbench.samples.items import rows_elsewhere
from sgbench.samples.store import Store, settings_of
from sgbench.simulate import seed_of
from sgbench.simulate.fingerprint import Settings, atoms

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    samples = [read_table(path, ["id", "structure_class", "formula"]) for path in snakemake.input.samples]
    chosen = classes.choose(samples)
    table = read_table(snakemake.input.crystals).set_index("id", drop=False).loc[chosen["id"]]
    solids = list(from_table(table))
    places, images = {}, {}
    for name, path, rows in zip(snakemake.params.names, snakemake.input.stores, samples, strict=True):
        store = Store(path)
        settings = settings_of(Settings, store.made_by)
        places[name] = [atoms(solid, settings, seed_of(id)) for solid, id in zip(solids, chosen["id"], strict=True)]
        images[name] = store.read(rows_elsewhere(chosen, rows)["row"].to_numpy())
    style.save(classes.draw(chosen, places, images), classes.tabulate(chosen, places), snakemake.output)
