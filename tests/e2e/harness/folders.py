# SPDX-License-Identifier: MIT
"""The folder of a run that judges itself, such as tests/soak's."""
import shutil
import tempfile
from contextlib import closing
from pathlib import Path


def play(name: str, make, judge, keep: bool = False) -> int:
    """An exit status: 0 if `judge(make(folder))` is true. What was made is closed; the folder with its logs stays unless all is good."""
    folder, good = Path(tempfile.mkdtemp(prefix=f"xes-{name}-")), False
    try:
        with closing(make(folder)) as made:
            good = judge(made)
    finally:
        if good and not keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"logs and configurations are in {folder}", flush=True)
    return 0 if good else 1
