"""A piece of Python in a process of its own, on the test's database: what it takes of memory is its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.db import connections

BEFORE = """
import json, sys, time
sys.path.insert(0, {base!r})
import django
django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = {database!r}

def most():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
"""


def apart(body: str) -> Any:
    """What `body` printed as JSON. It may use json, time and most(), the peak of its memory by then in MB."""
    before = BEFORE.format(base=str(settings.BASE_DIR), database=str(connections["default"].settings_dict["NAME"]))
    connections.close_all()
    done = subprocess.run([sys.executable, "-c", before + body], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
