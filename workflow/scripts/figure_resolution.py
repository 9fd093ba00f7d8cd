from sgbench.files import read_table
from sgbench.progress import job
from sgbench.report import resolution, style
from sgbench.samples.items import rows_elsewhere
from sgbench.samples.store import Store, settings_of
from sgbench.simulate.instrument import Settings

with job(snakemake.log[0]):
    style.use(snakemake.params.looks)
    columns = ["id", "bravais_lattice", "formula", "volume_per_atom"]
    samples = [read_table(path, columns) for path in snakemake.input.samples]
    chosen = resolution.choose(samples)
    angles, patterns = {}, {}
    for name, path, rows in zip(snakemake.params.names, snakemake.input.stores, samples, strict=True):
        store = Store(path)
        angles[name] = settings_of(Settings, store.made_by).angles_deg
        patterns[name] = store.read(rows_elsewhere(chosen, rows)["row"].to_numpy())[:, 0, 0]
    table = resolution.tabulate(chosen, angles, patterns)
    style.save(resolution.draw(table), table, snakemake.output)
