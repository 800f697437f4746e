"""Reads SECTION.NAME=VALUE lines and prints them as an INI file; a later value replaces an earlier."""
import sys

sections = {}
for line in sys.stdin:
    key, _, value = line.rstrip("\n").partition("=")
    section, _, name = key.partition(".")
    if not section or not name:
        sys.exit(f"not of the form SECTION.NAME=VALUE: {line.strip()}")
    sections.setdefault(section, {})[name] = value
print("# Written by deploy/lib/stack.sh, anew at each start: settings of your own go into its environment, like\n"
      "# AGENTIV_WORKER_THREADS=4. docs/configuration.md explains each setting.")
for section, settings in sections.items():
    print(f"\n[{section}]")
    for name, value in settings.items():
        print(f"{name} = {value}")
