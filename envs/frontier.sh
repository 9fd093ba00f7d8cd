# Source this on Frontier (`. envs/frontier.sh`), in the clone: the same versions, with torch for AMD GPUs. Edit the ROCm
# version, and set ROCM_WHEELS to the package index that PyTorch's installation page names for it.
: "${ROCM_WHEELS:?set it to the index of wheels that the installation page of PyTorch names for this ROCm version}"
module load cray-python rocm/6.4
[ -d .venv ] || python3 -m venv .venv
. .venv/bin/activate
PIP_INDEX_URL=$ROCM_WHEELS pip install torch==2.15.0 torchvision==0.29.2
grep -v -e '^torch==' -e '^torchvision==' requirements.txt | pip install --requirement /dev/stdin
pip install --no-deps --editable .
