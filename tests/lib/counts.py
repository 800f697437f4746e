"""How many tests a program ran, from what it printed: CUnit's summary, automake's, a lint's own line."""
import re
from typing import NamedTuple


class Count(NamedTuple):
    passed: int
    failed: int

    def __add__(self, other):
        return Count(self.passed + other[0], self.failed + other[1])


def of_cunit(text, status):
    """A program that crashed, or failed before its summary, has failed once more."""
    count = Count(0, 0)
    found = False
    for kind, numbers in re.findall(r"^\s*(suites|tests)\s+(.*)$", text, re.MULTILINE):
        # Total Ran Passed Failed Inactive
        fields = numbers.split()
        if kind == "tests" and len(fields) == 5:
            count += (int(fields[2]), int(fields[3]) + int(fields[4]))
            found = True
        elif kind == "suites" and len(fields) == 5:
            count += (0, int(fields[3]))
    if not found or (status != 0 and count.failed == 0):
        count += (0, 1)
    return count


def of_test_log(text, status):
    """A program of `make check`: CUnit's summary, a line "N passed, N failed", or one check by its status."""
    if "CUnit" in text or re.search(r"^\s*suites\s", text, re.MULTILINE):
        return of_cunit(text, status)
    line = re.findall(r"^(?:\w+: )?(\d+) passed, (\d+) failed", text, re.MULTILINE)
    if line:
        count = Count(int(line[-1][0]), int(line[-1][1]))
        return count if status == 0 or count.failed else count + (0, 1)
    return Count(1, 0) if status == 0 else Count(0, 1)
