#!/bin/sh
# Finds a Python that is new enough and hands over to setup.py, which makes .venv.
# CHAPPE_PYTHON names another interpreter.
cd "${0%/*}/.." || exit 1

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
for python in "$CHAPPE_PYTHON" python3.13 python3.12 python3.11 python3 python; do
    # A name on the PATH may be an empty shell of a version manager: only one that runs counts.
    if [ -n "$python" ] && "$python" -c "$new_enough" >/dev/null 2>&1; then
        exec "$python" .ci/setup.py
    fi
done

echo "Set-up needs Python 3.11 or newer, and none was found: install one (Debian: apt-get install python3 python3-venv)," \
    "or name it as CHAPPE_PYTHON=/path/to/python3 make setup." >&2
exit 1
