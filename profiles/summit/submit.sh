#!/usr/bin/env bash
# Submit the job script $1 to LSF and print the job's number. config.yaml sets the variables.
set -euo pipefail

fail() {
    echo "profiles/summit/submit.sh: error: $*" >&2
    exit 1
}

command -v bsub >/dev/null || fail "bsub not found: load LSF, or use the profile of another scheduler (slurm, frontier)"
[[ $GPU =~ ^[0-9]+$ ]] || fail "$NAME asks for gpu=$GPU; it must be a whole number, 0 or more"

command=(bash "$1")
case $FORM in
    nodes) # whole nodes; bsub runs the command on a launch node, jsrun on the nodes
        request=(-nnodes $((GPU > GPUS_PER_NODE ? (GPU + GPUS_PER_NODE - 1) / GPUS_PER_NODE : 1))
            -alloc_flags "$ALLOC_FLAGS")
        # A job with GPUs puts jsrun (launch.sh) in front of each of its programs; one without goes to the node as a whole.
        ((GPU)) || command=(jsrun --nrs 1 --tasks_per_rs 1 --cpu_per_rs "$CORES_PER_NODE" --gpu_per_rs 0
            --bind none "${command[@]}")
        ;;
    slots) # cores of one host
        ((GPU <= GPUS_PER_NODE)) || fail "$NAME asks for $GPU GPUs; a host has $GPUS_PER_NODE"
        request=(-n "$THREADS" -R "span[hosts=1] rusage[mem=${MEM_MB}MB]")
        ((GPU == 0)) || request+=(-gpu "num=$GPU")
        ;;
    *) fail "FORM=$FORM is not known; it is nodes or slots" ;;
esac

mkdir -p .snakemake/lsf
answer=$(bsub -P "$PROJECT" -q "$QUEUE" -W "$MINUTES" -J "$NAME" -o ".snakemake/lsf/$NAME.%J.log" \
    "${request[@]}" "${command[@]}" 2>&1) ||
    fail "LSF refuses $NAME (project $PROJECT, queue $QUEUE, $MINUTES minutes, $GPU GPUs): ${answer//$'\n'/ }"
[[ $answer =~ Job\ \<([0-9]+)\> ]] || fail "no job number in the answer of bsub: ${answer//$'\n'/ }"
echo "${BASH_REMATCH[1]}"
