"""Runs the test_*.py of a folder, or only some, with unittest and writes the exact counts: unittest_part.py FOLDER FILE
[MODULE…].

A skipped test counts as failed: there is nothing in this project that a machine may lack."""
import json
import sys
import time
import unittest

LONGEST = 5


class CountingResult(unittest.TextTestResult):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.passed = 0
        self.began, self.took = 0.0, []

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def stopTest(self, test):
        super().stopTest(test)
        self.took.append((time.monotonic() - self.began, str(test)))

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def addExpectedFailure(self, test, err):
        super().addExpectedFailure(test, err)
        self.passed += 1


def main():
    folder, file = sys.argv[1:3]
    if sys.argv[3:]:
        sys.path.insert(0, folder)
        suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[3:])
    else:
        suite = unittest.defaultTestLoader.discover(folder, pattern="test_*.py", top_level_dir=folder)
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=CountingResult)
    result = runner.run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.skipped) + len(result.unexpectedSuccesses)
    print("\nthe longest:")
    for seconds, test in sorted(result.took, reverse=True)[:LONGEST]:
        print(f"{seconds:6.1f} s  {test}")
    with open(file, "w", encoding="utf-8") as f:
        json.dump({"passed": result.passed, "failed": failed}, f)
    return int(failed > 0)


sys.exit(main())
