"""A family of processes: one that has imported and compiled everything, and children that run.

Starting `winset` takes seconds, forking takes milliseconds; so a test can afford to kill many. The
parent reads one request a line, as JSON, and answers each with a line.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

BLOCK = 200  # negotiations; a study of a moment has several blocks


class Family:
    """The test's side: starts children and waits for them."""

    def __init__(self, folder):
        self.folder, self.started = folder, 0
        # a measurement of coverage would have to write where the disk is full
        env = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
        env |= {"PYTHONPATH": str(Path(__file__).parents[2]), "OPENBLAS_NUM_THREADS": "1"}
        self.parent = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            cwd=folder, env=env,
        )  # fmt: skip
        assert self.parent.stdout.readline() == "ready\n"

    def _ask(self, **request):
        self.parent.stdin.write(json.dumps(request) + "\n")
        self.parent.stdin.flush()
        return json.loads(self.parent.stdout.readline())

    def start(self, *words, **how):
        """Start `winset` with some words; returns the process.

        fault : setting of WINSET_FAULT; fatal : signal that it sends; most : bytes that a file may
        have; hours : by which the clock is wrong
        """
        self.started += 1
        said = str(self.folder / f"said-{self.started}")
        for end in ("out", "err"):
            Path(f"{said}.{end}").touch()
        return self._ask(act="start", words=[str(word) for word in words], said=said, **how), said

    def wait(self, process, after=None):
        """Wait for a process, or kill it so many seconds from now; its code, output, errors."""
        pid, said = process
        code = self._ask(act="wait", pid=pid, after=after)
        out, err = (Path(f"{said}.{end}").read_text() for end in ("out", "err"))
        return code, out, err

    def run(self, *words, **how):
        """Start and wait."""
        return self.wait(self.start(*words, **how))

    def end(self):
        self.parent.stdin.close()
        self.parent.wait(timeout=60)
        self.parent.stdout.close()


def child(words, said, fault=None, fatal=signal.SIGKILL, most=None, hours=0):
    from experiments.cli import main
    from experiments.results import faults

    faults.FATAL = signal.Signals(fatal)
    # What a shell runs in the background ignores it, and so would every child.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for handle, end in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{said}.{end}", os.O_WRONLY), handle)
    if fault:
        os.environ["WINSET_FAULT"] = fault
    if most:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    if hours:
        right = time.time
        time.time = lambda: right() + 3600 * hours
        time.time_ns = lambda: int(1e9 * time.time())
    try:
        main(words)
    except SystemExit as end:
        return end.code or 0
    except BaseException:
        traceback.print_exc()
    return 99


def forked(words, **how):
    pid = os.fork()
    if pid == 0:
        code = child(words, **how)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return pid


def ended(pid, after):
    if after is not None:
        time.sleep(after)
        os.kill(pid, 9)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def live():
    import tqdm  # noqa: F401

    from experiments import answer, blocks, estimates, figures, ignorance, outputs  # noqa: F401
    from experiments import provenance as origin
    from experiments.cli import running  # noqa: F401
    from experiments.run import run_study  # noqa: F401
    from experiments.study_making import make_study  # noqa: F401
    from sim import negotiate, read_scenario

    blocks.NEGOTIATIONS = BLOCK
    negotiate(read_scenario("korea_2019").points(), 1, seed=0)
    origin.commit(), origin.versions(), origin.model_fingerprint()  # the same in all children
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        act = {"start": forked, "wait": ended}[request.pop("act")]
        print(json.dumps(act(**request)), flush=True)


if __name__ == "__main__":
    live()
