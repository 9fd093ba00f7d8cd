# Jobs that do nothing, for what a scheduler does to jobs.


rule all:
    input:
        "quick",


rule quick:
    output:
        "quick",
    shell:
        "touch {output}"


# Sleeps at the first attempt only.
rule slow_once:
    output:
        "slow_once",
    params:
        started="slow_once.started",
    resources:
        mem_mb=lambda wildcards, attempt: 500 * attempt,
    shell:
        "if [ ! -e {params.started} ]; then touch {params.started}; sleep 100; fi; touch {output}"


rule gpus:
    output:
        "gpus",
    resources:
        gpu=7,
    shell:
        "touch {output}"
