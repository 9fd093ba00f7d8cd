#!/usr/bin/env bash
# Run a program on a compute node with SGBENCH_GPUS GPUs and seven cores for each (one where there is none).
set -euo pipefail
# A job without GPUs was brought to its node as a whole (submit.sh), and jsrun does not start another jsrun.
[[ -z ${JSM_NAMESPACE_RANK:-} ]] || exec "$@"
cores=$((SGBENCH_GPUS ? 7 * SGBENCH_GPUS : 1))
exec jsrun --nrs 1 --tasks_per_rs 1 --cpu_per_rs "$cores" --gpu_per_rs "$SGBENCH_GPUS" --bind none "$@"
