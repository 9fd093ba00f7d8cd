# Source this where software comes as modules (`. envs/modules.sh`), in the clone. Edit the first line: `module avail` shows yours.
module load python/3.11 cuda
[ -d .venv ] || python3 -m venv .venv
. .venv/bin/activate
pip install --requirement requirements.txt
pip install --no-deps --editable .
