"""The hostile requests of hostile.py and hostile_schedules.py: each gets its documented error, and the platform goes on."""
import configparser
import json
import os
import unittest
from pathlib import Path

from client import CGI, CODES, ApiCase, together
import hostile_schedules
from doors import Cgi, Direct, variables
from hostile import corpus

CLIENTS = 8


class Hostile(ApiCase):
    def door(self):
        """Past the web server, which would refuse some of them itself."""
        if CGI:
            folder = Path(os.environ["STACK_BIN"])
            program = next(p for p in (folder / "agentiv.fcgi", folder / "../libexec/agentiv.fcgi") if p.exists())
            return Cgi(program, self.platform.config)
        ini = configparser.ConfigParser(interpolation=None)
        ini.read(self.platform.config)
        return Direct(ini["http"]["listen"], timeout_s=30)

    def fault(self, door, case):
        """None, or what is wrong with the answer."""
        key = self.account.key if case.key is ... else case.key
        params = variables(case.method, case.path, key, case.body, case.headers)
        if case.length is not None:
            params["CONTENT_LENGTH"] = case.length
        try:
            answer = door.send(params, case.body or b"")
            error = json.loads(answer.text).get("error", {})
        except (OSError, ValueError, KeyError) as e:
            return f"{case.name}: {type(e).__name__}: {e}"
        if (answer.status, error.get("code")) != (CODES[case.code], case.code):
            return f"{case.name}: {answer.status} {answer.text[:200]!r} instead of {case.code}"
        missing = {"x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} - set(answer.headers)
        return f"{case.name}: without {missing}" if missing or not error["message"] else None

    def test_each_gets_its_documented_error_and_the_platform_goes_on(self):
        cases = [*corpus(self.account.key), *hostile_schedules.corpus()]
        self.assertGreaterEqual(len(cases), 1000)
        # a process for each takes its time
        cases = cases[::8] if CGI else cases

        def client(n):
            door = self.door()
            faults = [self.fault(door, case) for case in cases[n::CLIENTS]]
            door.close()
            return faults
        faults = [fault for faults in together(CLIENTS, client) for fault in faults if fault]
        self.assertFalse(faults, f"{len(faults)} of {len(cases)}:\n" + "\n".join(faults))
        self.assertEqual(self.run_probe(wait=True).status, 200)


if __name__ == "__main__":
    unittest.main()
