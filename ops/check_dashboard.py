#!/usr/bin/env python3
"""Reads grafana-dashboard.json with the schema of Grafana, and fails where that does not know a part of it.

    pip install grafana-foundation-sdk && python3 ops/check_dashboard.py
"""

import json
import pathlib
import sys

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

# Grafana writes it beside `query`, which says the same. The schema does not have it.
IS_NO_PART_OF_THE_SCHEMA = {"definition"}


def differences(ours, theirs, place=""):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in ours.keys() - IS_NO_PART_OF_THE_SCHEMA:
            if key not in theirs:
                yield f"{place}.{key}: unknown"
            else:
                yield from differences(ours[key], theirs[key], f"{place}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs)):
            yield from differences(one, other, f"{place}[{index}]")
    elif ours != theirs:
        yield f"{place}: {ours!r} is read as {theirs!r}"


register_default_plugins()
written = json.loads(pathlib.Path(__file__).with_name("grafana-dashboard.json").read_text())
dashboard = Dashboard.from_json(written)
found = list(differences(written, json.loads(JSONEncoder().encode(dashboard))))
if found or not dashboard.panels:
    sys.exit("\n".join(found) or "no panels")
print(f"{len(dashboard.panels)} panels")
