# Source this on Frontier (`. envs/frontier.sh`), in the clone: the same versions, with torch for AMD GPUs. Edit the ROCm
# version in both lines to one that https://download.pytorch.org/whl/ has this torch for.
module load cray-python rocm/6.4
rocm_wheels=https://download.pytorch.org/whl/rocm6.4
[ -d .venv ] || python3 -m venv .venv
. .venv/bin/activate
pip install --index-url "$rocm_wheels" torch==2.15.0 torchvision==0.29.2
grep -v -e '^torch==' -e '^torchvision==' requirements.txt | pip install --requirement /dev/stdin
pip install --no-deps --editable .
