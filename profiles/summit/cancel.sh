#!/usr/bin/env bash
# End the LSF jobs $@. Snakemake gives this two seconds, less than a busy LSF takes, and the terminal's Ctrl-C reaches all
# that it has started: bkill works on by itself.
mkdir -p .snakemake/lsf
setsid bkill "$@" </dev/null >>.snakemake/lsf/cancel.log 2>&1 &
