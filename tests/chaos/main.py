# SPDX-License-Identifier: MIT
"""Runs the fault schedule on one server or on both at the same time, and adds up the figures. See tests/chaos.sh."""
import argparse
import json
import secrets
import subprocess
import sys
import threading
from pathlib import Path

SLACK = 75  # seconds beyond --seconds: start, quiet, end


def play(options, server: str, found: dict) -> None:
    """One server's run in a process of its own, its lines marked with the server's name."""
    arguments = [sys.executable, "-B", str(Path(__file__).with_name("run.py")), "--server", server, "--seed", options.seed,
                 "--seconds", str(options.seconds), "--readers", str(options.readers)]
    child = subprocess.Popen(arguments + (["--keep"] if options.keep else []), stdout=subprocess.PIPE, text=True,
                             stderr=subprocess.STDOUT)
    watchdog = threading.Timer(options.seconds + SLACK, child.terminate)
    watchdog.start()
    for line in child.stdout:
        if line.startswith("FIGURES "):
            found[server] = json.loads(line.removeprefix("FIGURES "))
        else:
            print(f"[{server}] {line}", end="", flush=True)
    code = child.wait()
    watchdog.cancel()
    if code and server in found:
        found[server]["failed"] = True


def tell(figures: dict) -> None:
    faults = figures["faults"]
    print(f"\n{figures['server']}")
    print(f"  items published  {figures['published']} ({figures['unsure']} without a reply, "
          f"{figures['forgotten']} forgotten by the server itself)")
    print(f"  faults           {sum(faults.values())}: " + ", ".join(f"{kind} {faults[kind]}" for kind in sorted(faults)))
    print(f"  readers          {figures['readers']}")
    print(f"  deliveries       {figures['deliveries']}")
    print(f"  lost             {figures['lost']}")
    print(f"  duplicated       {figures['duplicated']}")
    print(f"  out of order     {figures['disordered']}")
    print(f"  untold gaps      {figures['untold']}")
    print(f"  unknown items    {figures['strange']}")
    print(f"  dead readers     {figures['dead']}")
    print(f"  resets           {sum(figures['resets'].values())}: "
          + ", ".join(f"{node} {count}" for node, count in figures["resets"].items()))


def run(options, seed: str) -> bool:
    options.seed = seed
    print(f"seed {seed}", flush=True)
    servers = ("prosody", "ejabberd") if options.server == "both" else (options.server,)
    found = {}
    threads = [threading.Thread(target=play, args=(options, server, found)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for server in servers:
        if server in found:
            tell(found[server])
        else:
            print(f"\n{server}: the run broke off")
    good = all(server in found and not found[server].get("failed") for server in servers)
    print(f"\n{'passed' if good else 'FAILED'}: seed {seed}\n", flush=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/chaos.sh", description="Faults by a seeded schedule; nothing may be lost.")
    parser.add_argument("--seconds", type=float, default=120, help="of faults, on each server; both run at the same time (120)")
    parser.add_argument("--seed", action="append", help="any word; the same one gives the same schedule; \"random\" makes one up, as "
                        "none does. More than one: one run after the other")
    parser.add_argument("--server", choices=("prosody", "ejabberd", "both"), default="both")
    parser.add_argument("--readers", type=int, default=24, help="pages that are open from the start (24); others join")
    parser.add_argument("--keep", action="store_true", help="keep logs and configurations even if all went well")
    options = parser.parse_args()
    seeds = [secrets.token_hex(4) if seed == "random" else seed for seed in options.seed or ["random"]]
    good = [run(options, seed) for seed in seeds]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
