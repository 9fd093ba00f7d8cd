"""A stand-in for the LSF of Summit: bsub, bjobs, bkill and jsrun that refuse what Summit refuses, and run the jobs.

One job runs at a time. LSF_EMULATOR names the folder of its state, LSF_MINUTE_S says how many seconds a minute of wall
time lasts, and LSF_FORM=slots makes it a machine that gives out cores (-n, -R, -gpu) and not whole nodes.
"""

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

STATE = Path(os.environ["LSF_EMULATOR"])
FORM = os.environ.get("LSF_FORM", "nodes")
MINUTE_S = float(os.environ.get("LSF_MINUTE_S", "60"))
PROJECTS, QUEUES = {"ABC123"}, {"batch", "debug"}
NODES, NODE_CORES, NODE_GPUS = 4608, 42, 6
# Jobs of up to 45 nodes.
LONGEST_MIN = 120


def refuse(message):
    sys.exit(message + " Request aborted by esub. Job not submitted.")


class Parser(argparse.ArgumentParser):
    def error(self, message):
        refuse(f"{self.prog}: {message}.")


def bsub(arguments):
    parser = Parser("bsub", allow_abbrev=False, add_help=False)
    for option in ("-P", "-q", "-J", "-o", "-R", "-gpu", "-alloc_flags"):
        parser.add_argument(option)
    for option in ("-W", "-n", "-nnodes"):
        parser.add_argument(option, type=int)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    job = vars(parser.parse_args(arguments))
    if job["q"] not in QUEUES:
        sys.exit(f"{job['q']}: No such queue. Job not submitted.")
    if job["P"] not in PROJECTS:
        refuse(f"Error: project {job['P']} is not valid for user.")
    if job["W"] is None:
        refuse("Error: -W (wall time) is missing.")
    if job["W"] > LONGEST_MIN:
        refuse(f"Error: -W {job['W']} is more than the {LONGEST_MIN} minutes of jobs of this size.")
    slots = [option for option in ("n", "R", "gpu") if job[option] is not None]
    if FORM == "nodes":
        if job["nnodes"] is None:
            refuse("Error: -nnodes is missing.")
        if slots:
            refuse(f"Error: -{slots[0]} cannot stand beside -nnodes.")
        if not 1 <= job["nnodes"] <= NODES:
            refuse(f"Error: -nnodes {job['nnodes']} is not between 1 and {NODES}.")
    elif "n" not in slots or job["nnodes"] is not None or job["alloc_flags"] is not None:
        refuse("Error: this machine takes -n and -R, not -nnodes and -alloc_flags.")
    if not job["command"]:
        refuse("Error: no command.")
    job["gpus"] = int((job["gpu"] or "num=0").removeprefix("num="))
    STATE.mkdir(exist_ok=True)
    number = 1 + len(list(STATE.glob("[0-9]*")))
    folder = STATE / str(number)
    folder.mkdir()
    (folder / "job.json").write_text(json.dumps(job))
    (folder / "state").write_text("PEND")
    environment = {**os.environ, "LSB_JOBID": str(number)}
    with Path(job["o"].replace("%J", str(number))).open("w", encoding="utf-8") as log:
        subprocess.Popen(
            [sys.executable, __file__, "execute", str(number)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True,
        )  # fmt: skip
    print(f"Job <{number}> is submitted to queue <{job['q']}>.")


def execute(arguments):
    folder = STATE / arguments[0]
    job = json.loads((folder / "job.json").read_text())
    with (STATE / "machine.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / "state").read_text() != "PEND":
            return
        (folder / "state").write_text("RUN")
        process = subprocess.Popen(job["command"], start_new_session=True)
        (folder / "pid").write_text(str(process.pid))
        try:
            state = "EXIT" if process.wait(job["W"] * MINUTE_S) else "DONE"
        except subprocess.TimeoutExpired:
            print("TERM_RUNLIMIT: job killed after reaching LSF run time limit.", flush=True)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            state = "EXIT"
        (folder / "state").write_text(state)


def bjobs(arguments):
    parser = Parser("bjobs", allow_abbrev=False, add_help=False)
    parser.add_argument("-a", action="store_true", required=True)
    parser.add_argument("-noheader", action="store_true", required=True)
    parser.add_argument("-o", choices=["jobid stat"], required=True)
    parser.add_argument("job", nargs="?")
    wanted = parser.parse_args(arguments).job
    states = {file.parent.name: file.read_text() for file in STATE.glob("*/state")}
    if wanted and wanted not in states:
        print(f"Job <{wanted}> is not found", file=sys.stderr)
        sys.exit(255)
    for job in [wanted] if wanted else states:
        print(job, states[job])


def bkill(arguments):
    time.sleep(3)  # as a busy LSF may, and longer than Snakemake waits for it
    for number in arguments:
        folder = STATE / number
        if (folder / "state").read_text() in ("DONE", "EXIT"):
            print(f"Job <{number}>: Job has already finished", file=sys.stderr)
        elif (folder / "pid").exists():
            os.killpg(int((folder / "pid").read_text()), signal.SIGKILL)
        else:
            (folder / "state").write_text("EXIT")


def jsrun(arguments):
    parser = Parser("jsrun", allow_abbrev=False, add_help=False)
    for option in ("--nrs", "--tasks_per_rs", "--cpu_per_rs", "--gpu_per_rs"):
        parser.add_argument(option, type=int, required=True)
    parser.add_argument("--bind", choices=["none", "rs"])
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args(arguments)
    if "LSB_JOBID" not in os.environ:
        sys.exit("Error: jsrun: not within an allocation")
    if "JSM_NAMESPACE_RANK" in os.environ:
        sys.exit("Error: jsrun: cannot be started by jsrun")
    folder = STATE / os.environ["LSB_JOBID"]
    nodes = json.loads((folder / "job.json").read_text())["nnodes"]
    if asked.cpu_per_rs > NODE_CORES or asked.gpu_per_rs > NODE_GPUS:
        sys.exit("Error: jsrun: a resource set does not fit on a node")
    if (asked.nrs, asked.tasks_per_rs) != (1, 1):
        sys.exit("Error: jsrun: this stand-in starts a single task")
    gpus = take_gpus(folder, asked.gpu_per_rs, nodes * NODE_GPUS)
    record = {"job": folder.name, "gpus": [number for number, _ in gpus], "command": asked.command}
    with (STATE / "jsrun.jsonl").open("a") as records:
        records.write(json.dumps(record) + "\n")
    visible = ",".join(str(number % NODE_GPUS) for number, _ in gpus)
    os.environ.update(JSM_NAMESPACE_RANK="0", CUDA_VISIBLE_DEVICES=visible)
    sys.exit(subprocess.run(asked.command).returncode)


def take_gpus(folder, wanted, present):
    """Hold as many free GPUs of the allocation, waiting for them as jsrun does."""
    while True:
        held = []
        for number in range(present):
            lock = (folder / f"gpu{number}.lock").open("w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held.append((number, lock))
            except BlockingIOError:
                lock.close()
            if len(held) >= wanted:
                return held[:wanted]
        del held
        time.sleep(0.2)


if __name__ == "__main__":
    {"bsub": bsub, "bjobs": bjobs, "bkill": bkill, "jsrun": jsrun, "execute": execute}[sys.argv[1]](sys.argv[2:])
