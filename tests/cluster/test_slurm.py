"""The profile ``slurm`` on a real Slurm: Debian's packages, started here with three nodes on this host.

Two nodes are the partition batch, one with two GPUs the partition gpu; the GPUs are device files that exist to be
scheduled. Jobs inherit no SLURM_CONF, so the configuration lies in /etc/slurm, and only while these tests run.
"""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.cluster.conftest import HERE, STUB, STUDY, Checkout, wait_for
from tests.workflow.conftest import Process

CONFIG = Path("/etc/slurm")
NODES = ("cpu1", "cpu2", "gpu1")
MARK = "# Written by the tests of sgbench; may be removed when they do not run."
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol")


def _missing() -> str | None:
    if os.geteuid():
        return "starting Slurm needs root"
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent:
        return f"no {', '.join(absent)}; apt-get install slurm-wlm munge"
    configuration = CONFIG / "slurm.conf"
    if configuration.exists() and MARK not in configuration.read_text():
        return f"{CONFIG}/slurm.conf exists: this host has a Slurm of its own"
    return None


pytestmark = pytest.mark.skipif(_missing() is not None, reason=_missing() or "")


def ask(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def write_configuration(state: Path) -> None:
    host = socket.gethostname()
    for number in range(2):
        os.mknod(state / f"device{number}", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    # Slurm's own word on each task: where it ran and what GPUs it was given.
    (state / "task_prolog").write_text(
        f'#!/bin/sh\n>>{state}/tasks echo "$SLURM_JOB_ID $SLURMD_NODENAME ${{CUDA_VISIBLE_DEVICES:-none}}"\n'
    )
    (state / "task_prolog").chmod(0o755)
    ports = "\n".join(
        f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={17001 + number} CPUs=16 RealMemory=64000"
        + (" Gres=gpu:2" if name == "gpu1" else "")
        for number, name in enumerate(NODES)
    )
    (CONFIG / "gres.conf").write_text(f"NodeName=gpu1 Name=gpu File={state}/device[0-1]\n")
    (CONFIG / "slurm.conf").write_text(
        f"""\
{MARK}
ClusterName=sgbench
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
StateSaveLocation={state}
SlurmdSpoolDir={state}/%n
SlurmctldPidFile={state}/slurmctld.pid
SlurmdPidFile={state}/%n.pid
SlurmctldPort=17000
TaskProlog={state}/task_prolog
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
GresTypes=gpu
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
SlurmdParameters=config_overrides
ReturnToService=0
JobRequeue=0
KillWait=2
MpiDefault=none
SwitchType=switch/none
{ports}
PartitionName=batch Nodes=cpu1,cpu2 Default=YES MaxTime=240
PartitionName=gpu Nodes=gpu1 MaxTime=240
"""
    )


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """Start Slurm; yield the folder of its state."""
    state = tmp_path_factory.mktemp("slurm")
    daemons = []

    def start(*command: str) -> None:
        with (state / "daemons.log").open("a") as log:
            daemons.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=state))

    try:
        write_configuration(state)
        if not Path("/run/munge/munge.socket.2").exists():
            Path("/run/munge").mkdir(exist_ok=True)
            shutil.chown("/run/munge", "munge", "munge")
            start("runuser", "-u", "munge", "--", "munged", "--foreground")
            wait_for("munged", Path("/run/munge/munge.socket.2").exists)
        start("slurmctld", "-D")
        for name in NODES:
            start("slurmd", "-D", "-N", name)
        wait_for("slurmctld", lambda: subprocess.run(["scontrol", "ping"], capture_output=True).returncode == 0)
        wait_for("the nodes", lambda: ask("sinfo", "-h", "-N", "-t", "idle", "-o", "%N").split() == list(NODES))
        yield state
    finally:
        subprocess.run(["scancel", "--user=root"], capture_output=True)
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait(timeout=30)
        for name in ("slurm.conf", "gres.conf"):
            (CONFIG / name).unlink(missing_ok=True)


# The executor asks more and more rarely, up to every three minutes. This squeue answers when one more job has ended.
SQUEUE = """\
#!/bin/bash
for _ in {1..40}; do
    answer=$(SQUEUE "$@")
    ended=$(grep -cvE 'PENDING|CONFIGURING|RUNNING|COMPLETING|^$' <<<"$answer")
    [[ $ended == $(cat "$0.ended" 2>/dev/null || echo 0) ]] || break
    sleep 0.5
done
echo "$ended" >"$0.ended"
echo "$answer"
"""


class Cluster(Checkout):
    """A checkout whose Snakemake uses the profile; this Slurm has no database of past jobs, so squeue is asked."""

    profile = "slurm"

    def begin(self, *arguments: str) -> Process:
        status = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1"]
        return super().begin(*arguments, *status)


@pytest.fixture
def cluster(slurm, tmp_path):
    checkout = Cluster(tmp_path)
    yield checkout
    checkout.clean()
    end_processes_in(checkout.folder)


def end_processes_in(folder: Path) -> None:
    """End what is still at work in a folder: Slurm leaves the job of a node that it takes for dead to that node."""
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder):
                process.kill()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


def jobs() -> list[dict[str, str]]:
    """Return what Slurm knows of each job: JobId, Comment (the rule), JobState, NodeList, ..."""
    lines = ask("scontrol", "show", "job", "--oneliner").splitlines()
    return [dict(re.findall(r"(\w+)=(\S*)", line)) for line in lines if line.startswith("JobId")]


def states_of(folder: Path) -> list[str]:
    return [job["JobState"] for job in jobs() if job["WorkDir"] == str(folder)]


def start_and_wait(cluster: Cluster, slurm: Path) -> tuple[Process, str]:
    """Start the job that is slow at its first attempt; return Snakemake and the job's number when it is at work."""
    driver = cluster.begin(*STUB, "slow_once")
    wait_for("the job", (cluster.folder / "slow_once.started").exists)
    return driver, jobs()[-1]["JobId"]


def test_the_tiny_study_runs_to_its_report(cluster, slurm):
    cluster.tool("squeue", SQUEUE.replace("SQUEUE", shutil.which("squeue")))
    cluster.ends(*STUDY)
    assert (cluster.folder / "results/tiny/report.html").stat().st_size > 100_000
    tasks = [line.split() for line in (slurm / "tasks").read_text().splitlines()]
    ours = {job["JobId"]: job for job in jobs() if job["WorkDir"] == str(cluster.folder)}
    assert {job["JobState"] for job in ours.values()} == {"COMPLETED"}
    network = [number for number, job in ours.items() if "fit_network" in job["Comment"]]
    assert len(network) == 1
    for number, job in ours.items():
        ran = {(node, gpus) for of_job, node, gpus in tasks if of_job == number}
        if number in network:
            assert job["Partition"] == "gpu" and ran == {("gpu1", "0")}
        else:
            assert job["Partition"] == "batch" and ran and all(
                node in ("cpu1", "cpu2") and gpus == "none" for node, gpus in ran
            )  # fmt: skip


def test_a_killed_job_is_retried_with_more_memory(cluster, slurm):
    driver, number = start_and_wait(cluster, slurm)
    ask("scancel", "--full", "--signal=KILL", number)
    output = cluster.finish(driver)
    assert driver.returncode == 0, output
    ours = [job for job in jobs() if job["WorkDir"] == str(cluster.folder)]
    assert sorted(job["JobState"] for job in ours) == ["CANCELLED", "COMPLETED"]
    assert sorted(job["MinMemoryNode"] for job in ours) == ["1000M", "500M"]


def test_a_node_that_goes_down_does_not_end_the_run(cluster, slurm):
    driver, number = start_and_wait(cluster, slurm)
    node = next(job["NodeList"] for job in jobs() if job["JobId"] == number)
    ask("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=test")
    try:
        # Slurm waits two minutes before it starts such a job again.
        wait_for("the job to be queued again", lambda: "PENDING" in states_of(cluster.folder))
        ask("scontrol", "update", f"JobId={number}", "StartTime=now")
        output = cluster.finish(driver)
    finally:
        ask("scontrol", "update", f"NodeName={node}", "State=RESUME")
    assert driver.returncode == 0, output
    assert jobs()[-1]["NodeList"] in {"cpu1", "cpu2"} - {node}


def test_an_interrupted_snakemake_leaves_no_job_behind(cluster, slurm):
    driver, _ = start_and_wait(cluster, slurm)
    driver.send_signal(signal.SIGINT)
    output = cluster.finish(driver)
    assert driver.returncode, output
    wait_for("the job to end", lambda: set(states_of(cluster.folder)) == {"CANCELLED"})


def test_what_slurm_refuses_is_said_in_one_line(cluster):
    for asked, words in [
        (["quick", "--default-resources", "slurm_partition='other'"], "invalid partition specified: other"),
        (["gpus"], "Requested node configuration is not available"),
    ]:
        output = cluster.ends(*STUB, *asked, "--retries", "0", well=False)
        assert any(words in line for line in output.splitlines()), output


def trainings_of(folder: Path) -> list[dict[str, str]]:
    return [job for job in jobs() if job["WorkDir"] == str(folder) and "fit_network" in job["Comment"]]


def test_a_training_out_of_time_goes_on_in_its_next_job(cluster, slurm):
    cluster.tool("squeue", SQUEUE.replace("SQUEUE", shutil.which("squeue")))
    study = cluster.folder / "long.yaml"
    study.write_text((HERE / "study.yaml").read_text().replace("epochs: 1,", "epochs: 60,"))
    driver = cluster.begin("train", "--configfile", str(study))
    wait_for("a checkpoint", lambda: list(cluster.folder.glob("results/tiny/**/checkpoint.pt")))
    # What Slurm sends two minutes ahead to a job whose time is up (slurm_extra in the profile).
    ask("scancel", "--signal=TERM", trainings_of(cluster.folder)[0]["JobId"])
    output = cluster.finish(driver)
    assert driver.returncode == 0, output
    log = next(cluster.folder.glob("results/tiny/logs/fit_network/*.log")).read_text()
    assert "resumed from" in log
    assert [job["JobState"] for job in trainings_of(cluster.folder)] == ["FAILED", "COMPLETED"]
    assert not list(cluster.folder.glob("results/tiny/**/checkpoint.pt"))


def test_a_training_on_two_nodes_is_one_training(cluster, slurm):
    cluster.tool("squeue", SQUEUE.replace("SQUEUE", shutil.which("squeue")))
    wanted = ["nodes=2", "tasks=2", "mpi='srun'", "gpu=0"]
    resources = [f"fit_network:{resource}" for resource in wanted]
    cluster.ends("train", *STUDY, "--set-resources", *resources)
    (job,) = trainings_of(cluster.folder)
    assert job["NumNodes"] == "2"
    ran = {line.split()[1] for line in (slurm / "tasks").read_text().splitlines() if line.split()[0] == job["JobId"]}
    assert ran == {"cpu1", "cpu2"}
    assert len(list(cluster.folder.glob("results/tiny/**/ziletti/seed0/model.pt"))) == 1
