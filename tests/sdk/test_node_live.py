"""The Node SDK on a running platform: each of its methods, on each release of Node (live.test.js)."""
import json
import unittest
from pathlib import Path

from node_package import nodes, run
from sdkcase import Account, platform
from stack import open_folder      # tests/lib, which sdkcase has put on the path

HERE = Path(__file__).resolve().parent
PASSWORD = "correct horse battery"


class Live(unittest.TestCase):
    def check(self, node):
        account = Account()
        ctl, file = platform().ctl, open_folder("password") / account.email
        file.write_text(PASSWORD + "\n", encoding="utf-8")
        ctl("user", "password", "--user", account.email, "--password-file", file)
        run_key = ctl("key", "create", "--user", account.email, "--name", "runs", "--scopes", "agents:run")["key"]
        told = {"url": platform().url, "key": account.key, "run_key": run_key, "email": account.email, "password": PASSWORD}
        run(nodes()[node], "--test", "--test-reporter=tap", HERE / "live.test.js", LIVE=json.dumps(told))

    def test_every_method_on_the_oldest_node(self):
        self.check("18")

    def test_every_method_on_the_systems_node(self):
        self.check("system")

    def test_every_method_on_a_new_node(self):
        self.check("24")


if __name__ == "__main__":
    unittest.main()
