"""A platform that a test uses and does not own: one that runs already, or one that is started for all tests."""
import atexit
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path


class Running:
    """A platform that somebody else has started."""

    def __init__(self):
        self.url, self.config = os.environ["AGENTIV_BASE_URL"], os.environ["AGENTIV_CONFIG"]

    def ctl(self, *words):
        words = [str(word) for word in words]
        done = subprocess.run([os.environ["AGENTIVCTL"], "-c", os.environ["AGENTIV_CONFIG"], *words, "--json"],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(f"agentivctl {' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout)


def running_or(make, manifests=()):
    """The one of AGENTIV_BASE_URL, AGENTIV_CONFIG and AGENTIVCTL, where they are given; else one that make makes of a
    folder, which ends with this process."""
    if "AGENTIV_BASE_URL" in os.environ:
        return Running()
    folder = os.environ.get("AGENTIV_TEST_TMP")
    if not folder:
        folder = tempfile.mkdtemp(prefix="agentiv-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    platform = make(Path(folder) / "shared")
    atexit.register(platform.down)
    platform.init(manifests)
    platform.up()
    return platform
