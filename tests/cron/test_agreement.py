"""The engine beside cron-parser and croner: over every clock change of 2025 to 2030 in more than twenty zones.

Where the two agree, the engine agrees; where they differ, from each other or from API.md, the difference is of a kind that is
decided (kinds.py), and a statement of API.md's rules for single instants (rule.py) decides as the engine does."""
import collections
import concurrent.futures
import json
import os
import shutil
import subprocess
import unittest
from datetime import datetime, timedelta, timezone
from pathlib import Path

import kinds
import rule
import syntax
import triples

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs/schedules.md"
COUNT = 5
ZONES_MIN, TRIPLES_MIN = 20, 5000


def ask(command, lines, **how):
    text = "".join("\t".join(map(str, line)) + "\n" for line in lines)
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=True, timeout=300, **how)
    return done.stdout.splitlines()


def ask_libraries(lines):
    """In two processes: they take milliseconds for each line."""
    env = dict(os.environ, NODE_PATH=os.environ["AGENTIV_NPM"])
    command, half = [shutil.which("node") or "nodejs", HERE / "libraries.js"], len(lines) // 2
    with concurrent.futures.ThreadPoolExecutor(2) as both:
        answers = both.map(lambda some: ask(command, some, env=env), (lines[:half], lines[half:]))
        return [json.loads(line) for half in answers for line in half]


def ask_engine(lines):
    answers = ask([Path(os.environ["AGENTIV_OBJECTS"], "cron_lines")], lines)
    return [line if line.startswith("error") else line.split() for line in answers]


def differences(theirs, ours):
    """(instant, whether it is one too many) up to where both lists reach."""
    ends = [found[-1] for found in (theirs, ours) if len(found) == COUNT]
    for at in sorted(set(theirs) ^ set(ours)):
        if not ends or at <= min(ends):
            yield at, at in theirs


def zones_of_both():
    """Zones of which the system and Node know the same changes: their data may be of different releases, and a difference must not
    be one of data. Looked at: each change, the minute before it, and every five days."""
    begin, days = datetime(2025, 1, 1, tzinfo=timezone.utc), (triples.YEARS[-1] + 1 - triples.YEARS[0]) * 366
    asked = [(zone, at) for zone in triples.ZONES
             for at in [begin + timedelta(days=d) for d in range(0, days, 5)] +
             [c.at - m * triples.MINUTE for c in triples.changes(zone, triples.YEARS) for m in (0, 1)]]
    node = ask_libraries([("offset", zone, triples.text(at)) for zone, at in asked])
    differ = {zone for (zone, at), seconds in zip(asked, node, strict=True) if triples.offset(zone, at).total_seconds() != seconds}
    return [zone for zone in triples.ZONES if zone not in differ]


class Agreement(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.zones = zones_of_both()
        print("left out, as Node's data are of another release:", *sorted(set(triples.ZONES) - set(cls.zones)) or ["none"])
        cls.triples = triples.make(cls.zones)
        lines = [(*triple, COUNT) for triple in cls.triples]
        cls.engine, cls.libraries = ask_engine(lines), ask_libraries(lines)

    def answers(self):
        """(triple, the engine's slots, who of the two, theirs)."""
        for triple, ours, both in zip(self.triples, self.engine, self.libraries, strict=True):
            for who, theirs in zip((kinds.PARSER, kinds.CRONER), both, strict=True):
                yield triple, ours, who, theirs

    def differing(self):
        """(kind, triple, who, instant, whether it is one too many, whether the two agree)."""
        for i, (triple, ours, who, theirs) in enumerate(self.answers()):
            agreed = self.libraries[i // 2][0] == self.libraries[i // 2][1]
            if isinstance(theirs, str):
                yield kinds.failure(who, triple, theirs), triple, who, theirs, None, agreed
                continue
            for at, extra in differences(theirs, ours):
                yield kinds.kind(who, triple, at, extra), triple, who, at, extra, agreed

    def test_the_triples_are_many_and_of_every_change(self):
        self.assertGreaterEqual(len(self.triples), TRIPLES_MIN)
        self.assertGreaterEqual(len(self.zones), ZONES_MIN)
        for zone in self.zones:
            near = [triples.instant(t.instant) for t in self.triples if t.zone == zone]
            for at, _ in triples.moments(zone):
                self.assertTrue(any(abs(at - n) < timedelta(hours=37) for n in near), (zone, at))

    def test_the_engine_takes_every_expression(self):
        self.assertEqual([(t, found) for t, found in zip(self.triples, self.engine) if isinstance(found, str)], [])

    def test_where_the_two_agree_the_engine_agrees(self):
        """But for the kinds in which both are decided against."""
        agreed = [(triple, ours, both[0]) for triple, ours, both in zip(self.triples, self.engine, self.libraries)
                  if both[0] == both[1]]
        against = {triple for kind, triple, _, _, _, together in self.differing() if together and kind and len(kind.who) == 2}
        print(f"{len(self.triples)} triples; the two agree on {len(agreed)}, the engine with both on "
              f"{sum(ours == theirs for _, ours, theirs in agreed)}")
        self.assertGreaterEqual(sum(ours == theirs for _, ours, theirs in agreed), TRIPLES_MIN)
        self.assertEqual([a for a in agreed if a[1] != a[2] and a[0] not in against], [])

    def test_every_difference_is_of_a_decided_kind(self):
        self.assertEqual([d for d in self.differing() if d[0] is None], [])

    def test_the_rules_for_single_instants_decide_as_the_engine_does(self):
        wrong = [(kind.name, triple, who, at) for kind, triple, who, at, extra, _ in self.differing()
                 if kind and extra is not None and extra == (at > triple.instant and rule.is_slot(triple.expression, triple.zone, at))]
        self.assertEqual(wrong, [])

    def test_every_kind_occurs_and_is_told_in_the_documentation(self):
        seen = collections.defaultdict(set)
        for kind, triple, who, *_ in self.differing():
            seen[kind and kind.name, who].add(triple)
        for (name, who), some in sorted(seen.items(), key=str):
            print(f"{name}: {who} in {len(some)} triples")
        page = DOCS.read_text(encoding="utf-8")
        for kind in kinds.KINDS:
            self.assertIn(f"`{kind.name}`", page)
            for who in kind.who:
                self.assertTrue(seen[kind.name, who], (kind.name, who))


class Syntax(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        lines = [(row.expression, "UTC", "2026-01-01T00:00:00Z", COUNT) for row in syntax.ROWS]
        cls.answers = list(zip(syntax.ROWS, ask_engine(lines), ask_libraries(lines), strict=True))

    @staticmethod
    def verdict(found):
        return syntax.REFUSED if isinstance(found, str) or not found else syntax.TAKEN

    def test_who_takes_what_is_as_the_table_says(self):
        seen = [syntax.Row(row.expression, *map(self.verdict, (ours, *both)), row.why) for row, ours, both in self.answers]
        self.assertEqual(seen, list(syntax.ROWS))

    def test_what_the_engine_and_another_take_means_the_same(self):
        for row, ours, both in self.answers:
            for theirs in both:
                if self.verdict(ours) == self.verdict(theirs) == syntax.TAKEN:
                    self.assertEqual(theirs, ours, row)

    def test_where_the_two_differ_the_documentation_tells_the_decision(self):
        page = DOCS.read_text(encoding="utf-8")
        for row in syntax.ROWS:
            self.assertIn(row.why, page, row)
