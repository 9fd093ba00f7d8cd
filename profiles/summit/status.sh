#!/usr/bin/env bash
# Print success, failed or running for the LSF job $1. Only LSF knows of a job that it killed at its wall time.
# One bjobs for all jobs serves for STATUS_AGE_S seconds: LSF is asked rarely, and a round of questions takes a moment
# only (while one lasts, Snakemake would not cancel its jobs on Ctrl-C).
known=.snakemake/lsf/states
ask() { bjobs -a -noheader -o "jobid stat" "$@" 2>&1; }
of_job() { awk -v job="$1" '$1 == job { print $2 }' "$known" 2>/dev/null; }

age=$(($(date +%s) - $(stat -c %Y "$known" 2>/dev/null || echo 0)))
if ((age >= ${STATUS_AGE_S:-20})); then
    mkdir -p .snakemake/lsf
    ask >"$known.$$" && mv "$known.$$" "$known" || rm -f "$known.$$"
fi
state=$(of_job "$1")
# Submitted since, or forgotten by LSF, or LSF is silent.
[[ -n $state ]] || { state=$(ask "$1") && state=${state##* }; }
case $state in
    DONE) echo success ;;
    EXIT | ZOMBI | *"is not found"*) echo failed ;;
    PEND | PROV | WAIT | RUN | PSUSP | USUSP | SSUSP | UNKWN) echo running ;;
    *) # LSF itself is out of reach for a moment: no reason to give a job up
        echo "profiles/summit/status.sh: bjobs $1 answers '${state//$'\n'/ }'; asking again later" >&2
        echo running
        ;;
esac
