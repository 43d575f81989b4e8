"""Reads the gateway's last line and fails unless it reached its goals."""

import json
import sys

run = json.loads(sys.stdin.read())
goals = {
    "naked_success below 0.85": run["naked_success"] < 0.85,
    "protected_success at least 0.999": run["protected_success"] >= 0.999,
    "model_answers at least 0.97": run["model_answers"] >= 0.97,
}
missed = [goal for goal, reached in goals.items() if not reached]
if missed:
    sys.exit(f"missed: {', '.join(missed)} in {run}")
