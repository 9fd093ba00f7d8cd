#!/usr/bin/env bash
# Run a program with SGBENCH_GPUS GPUs of its own out of those of the job, which it shares with other trainings; on several
# nodes, which it has to itself, once on each.
set -euo pipefail
((SGBENCH_NODES == 1)) || exec srun --nodes "$SGBENCH_NODES" --ntasks "$SGBENCH_NODES" --ntasks-per-node 1 \
    --gpus-per-node $((SGBENCH_GPUS / SGBENCH_NODES)) --cpus-per-task 56 "$@"
((SGBENCH_GPUS)) || exec "$@"
IFS=, read -ra present <<<"${ROCR_VISIBLE_DEVICES:-${CUDA_VISIBLE_DEVICES:?no GPU was given to this job}}"
((SGBENCH_GPUS <= ${#present[@]})) || {
    echo "profiles/frontier/launch.sh: error: $SGBENCH_GPUS GPUs asked for; the job has ${#present[@]}" >&2
    exit 1
}
# A lock file a GPU, held by the descriptors that the program inherits, so that it is free again when the program ends.
locks=${TMPDIR:-/tmp}/sgbench-gpus.${SLURM_JOB_ID:?not in a job of Slurm}
mkdir -p "$locks"
while true; do
    mine=() held=()
    for gpu in "${present[@]}"; do
        ((${#mine[@]} < SGBENCH_GPUS)) || break
        exec {lock}>"$locks/$gpu"
        if flock --nonblock "$lock"; then mine+=("$gpu") held+=("$lock"); else exec {lock}>&-; fi
    done
    ((${#mine[@]} < SGBENCH_GPUS)) || break
    for lock in "${held[@]}"; do exec {lock}>&-; done
    sleep 5
done
visible=$(IFS=,; echo "${mine[*]}")
if [[ -n ${ROCR_VISIBLE_DEVICES:-} ]]; then export ROCR_VISIBLE_DEVICES=$visible; else export CUDA_VISIBLE_DEVICES=$visible; fi
exec "$@"
