"""tests/run: reads the arguments, runs the parts in order, sums up, and ends whatever was started."""
import argparse
import contextvars
import os
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import parts
import processes
from counts import Count

TOP = Path(__file__).resolve().parents[2]


def arguments():
    p = argparse.ArgumentParser(prog="tests/run", add_help=False)
    p.add_argument("parts", nargs="*")
    p.add_argument("--list", action="store_true")
    p.add_argument("--ci", action="store_true")
    p.add_argument("--keep", action="store_true")
    return p.parse_args()


def show_list():
    print("Parts:")
    for name, part in parts.PARTS.items():
        print(f"  {name:<11} {part.about} (at most {part.minutes} min)")
    print("Variants of the build, before a part's name and a colon:")
    for name, variant in parts.VARIANTS.items():
        print(f"  {name:<11} {variant.about}")


def chosen(args):
    """The (variant, part) pairs to run."""
    words = list(args.parts)
    if args.ci:
        words += parts.CI
    pairs = []
    for word in words or parts.ALL:
        variant, _, part = word.rpartition(":")
        variant = variant or parts.PARTS.get(part, parts.NONE).variant
        if part not in parts.PARTS or variant not in parts.VARIANTS:
            print(f"tests/run: there is no part '{word}' (--list shows them)", file=sys.stderr)
            sys.exit(2)
        pairs.append((variant, part))
    return pairs


def cache_folder():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(home, "agentiv-tests")


def run_part(run, variant, name):
    title = name if variant == parts.PARTS[name].variant else f"{variant}:{name}"
    print(f"\n==== {title}: {parts.PARTS[name].about}", flush=True)
    started = time.monotonic()
    folder = run.folder_of(title)
    try:
        count = parts.PARTS[name].function(run, parts.VARIANTS[variant], folder)
    except parts.Broken as e:
        print(f"{title}: {e}", flush=True)
        count = Count(0, 1)
    if count.passed + count.failed == 0:
        print(f"{title}: not one test was run, which counts as a failure")
        count = Count(0, 1)
    processes.end_all_of(folder)
    reports = parts.sanitizer_reports(folder)
    if reports:
        print(f"{title}: the sanitizers reported {len(reports)} times:\n" + "\n".join(reports), flush=True)
    count += Count(0, len(reports))
    minutes = (time.monotonic() - started) / 60
    print(f"==== {title}: {count.passed} passed, {count.failed} failed in {minutes:.1f} min", flush=True)
    return title, count, minutes


def run_beside(run, variant, name):
    processes.prefix.set(f"{name:>10}  ")
    return run_part(run, variant, name)


def run_all(run, pairs, results):
    """In order, some of them beside the others."""
    beside = ThreadPoolExecutor(1)
    waited = []
    try:
        for variant, name in pairs:
            if name in parts.BESIDE and len(pairs) > 1:
                waited.append(beside.submit(contextvars.copy_context().run, run_beside, run, variant, name))
                continue
            if name == "bench":
                results += [w.result() for w in waited]     # it measures: nothing else may run
                waited = []
            results.append(run_part(run, variant, name))
        results += [w.result() for w in waited]
    finally:
        beside.shutdown(wait=False, cancel_futures=True)
        processes.end_all_of(run.temporary)


def sum_up(results, minutes_in_all):
    total = Count(0, 0)
    print(f"\n{'part':<22}{'passed':>8}{'failed':>8}{'minutes':>9}")
    for title, count, minutes in results:
        print(f"{title:<22}{count.passed:>8}{count.failed:>8}{minutes:>9.1f}")
        total += count
    print(f"{'all':<22}{total.passed:>8}{total.failed:>8}{minutes_in_all:>9.1f}")
    return total


def main():
    args = arguments()
    pairs = chosen(args)
    if args.list:
        show_list()
        return 0
    temporary = Path(tempfile.mkdtemp(prefix="agentiv-tests.")).resolve()
    temporary.chmod(0o755)
    run = parts.Run(TOP, cache_folder(), temporary)
    results = []
    interrupted = False
    started = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run_all(run, pairs, results)
    except KeyboardInterrupt:
        interrupted = True
        results.append(("(interrupted)", Count(0, 1), 0))
        print("\ntests/run: interrupted", file=sys.stderr)
    total = sum_up(results, (time.monotonic() - started) / 60)
    failed = interrupted or total.failed > 0
    if failed or args.keep:
        print(f"\nlogs are in {temporary}")
    else:
        shutil.rmtree(temporary, ignore_errors=True)
    print(f"{total.passed} passed, {total.failed} failed")
    return 130 if interrupted else int(failed)


sys.exit(main())
