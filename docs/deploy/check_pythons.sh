#!/usr/bin/env bash
# Does requirements.txt resolve, and does the app start and open every page, on each Python given?
#   docs/deploy/check_pythons.sh python3.11 python3.12 python3.13
set -uo pipefail
cd "$(dirname "$0")/../.."
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
failed=0
for python in "$@"; do
  venv="$work/$(basename "$python")"
  if "$python" -m venv "$venv" \
     && "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r requirements.txt 2>"$work/log" \
     && "$venv/bin/python" -m pip check >/dev/null \
     && "$venv/bin/python" docs/deploy/smoke.py; then
    echo "$("$venv/bin/python" --version): resolves, starts, every page opens"
  else
    echo "$python: FAILED"; tail -5 "$work/log"; failed=1
  fi
  rm -rf "$venv"
done
exit "$failed"
