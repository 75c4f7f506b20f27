#!/usr/bin/env bash
# dist/rrmm-offline.tar.gz: the app and all its packages, for a machine of the same kind without internet.
set -euo pipefail
cd "$(dirname "$0")/../.."
python="${BIN:-.venv/bin}/python"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
into="$work/rrmm"
mkdir -p "$into" dist
# The interpreter's own wheels: the target needs the same Python (3.x) and kind of system.
"$python" -m pip wheel --quiet --disable-pip-version-check --wheel-dir "$into/wheels" \
  -r requirements.txt -r docs/deploy/requirements-login.txt
cp -r app.py pages rrmm sample_data requirements.txt .streamlit LICENSE README.md "$into"
mkdir -p "$into/docs/deploy" && cp docs/deploy/smoke.py docs/deploy/requirements-login.txt "$into/docs/deploy/"
find "$into" -name __pycache__ -prune -exec rm -rf {} +
rm -f "$into/.streamlit/secrets.toml"
version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
cat > "$into/install.sh" <<INSTALL
#!/usr/bin/env bash
set -euo pipefail
cd "\$(dirname "\$0")"
\${PYTHON:-python$version} -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels \\
  -r requirements.txt -r docs/deploy/requirements-login.txt
.venv/bin/python docs/deploy/smoke.py && echo "rrmm is ready: ./start.sh"
INSTALL
cat > "$into/start.sh" <<'START'
#!/usr/bin/env bash
cd "$(dirname "$0")" && exec .venv/bin/streamlit run app.py --server.address 127.0.0.1 "$@"
START
chmod +x "$into/install.sh" "$into/start.sh"
(cd "$into" && find . -type f ! -name SHA256SUMS -print0 | sort -z | xargs -0 sha256sum > SHA256SUMS)
tar -C "$work" -czf dist/rrmm-offline.tar.gz rrmm
echo "dist/rrmm-offline.tar.gz: $(du -h dist/rrmm-offline.tar.gz | cut -f1), Python $version"
