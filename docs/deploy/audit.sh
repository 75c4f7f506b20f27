#!/usr/bin/env bash
# Weak spots of our own code, licences that are out of date, known weaknesses of the packages.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin="${BIN:-.venv/bin}"
# B610 takes a function of ours named `extra` for Django's. B302: what marshal reads comes from a child process of ours.
"$bin/bandit" --quiet --recursive --severity-level medium --skip B610,B302 rrmm pages app.py
"$bin/python" docs/inventory.py --check
# Without the network there is nothing to ask; then it says so, and does not fail.
if ! found="$("$bin/pip-audit" --progress-spinner off --requirement requirements.txt --disable-pip --no-deps 2>&1)"; then
  printf '%s\n' "$found" | tail -20
  if printf '%s' "$found" | grep -q "known vulnerabilit"; then exit 1; fi
  echo "pip-audit could not ask: no verdict on the packages"
else
  printf '%s\n' "$found" | grep -i "vulnerabilit" || true
  unknown="$(printf '%s\n' "$found" | grep -c "could not be audited" || true)"
  [ "$unknown" -eq 0 ] || echo "pip-audit had no answer for $unknown packages: no verdict on those"
fi
