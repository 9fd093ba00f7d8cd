#!/usr/bin/env bash
# Run a program once on each of the SGBENCH_NODES nodes, with the node's share of SGBENCH_GPUS GPUs and seven cores for each.
set -euo pipefail
gpus=$((SGBENCH_GPUS / SGBENCH_NODES))
cores=$((gpus ? 7 * gpus : 1))
hosts=()
((SGBENCH_NODES == 1)) || hosts=(--rs_per_host 1)
exec jsrun --nrs "$SGBENCH_NODES" "${hosts[@]}" --tasks_per_rs 1 --cpu_per_rs "$cores" --gpu_per_rs "$gpus" --bind none "$@"
