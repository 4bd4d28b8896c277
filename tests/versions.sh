#!/usr/bin/env bash
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs the units on each Python with each ansible-core that goes with it, and sanity on each ansible-core. Python 3.9 only runs
# modules: no supported ansible-core starts there, but its targets may have it. What this machine has no Python for is left out.
#
# usage: tests/versions.sh TREE [PYTHON:CORE...]     TREE: the folder that holds ansible_collections
#        UNITS: paths of tests, all of the units by default
set -uo pipefail
cd "$(dirname "$0")/.."
tree=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- 3.9:2.15 3.10:2.16 3.10:2.17 3.11:2.18 3.12:2.19 3.13:2.20 3.13:newest
all=(tests/unit/plugins tests/unit/roles)
modules=(tests/unit/plugins/module_utils tests/unit/plugins/modules)
code=0
for pair in "$@"; do
  python=${pair%%:*} core=${pair#*:} venv="build/versions/$python-${pair#*:}"
  interpreter=$(ls "${PYENV_ROOT:-$HOME/.pyenv}/versions/$python".*/bin/"python$python" 2>/dev/null | tail -1)
  interpreter=${interpreter:-$(type -p "python$python")}
  if [ -z "$interpreter" ]; then echo "== Python $python is not here"; continue; fi
  if [ ! -e "$venv/.ready" ]; then
    rm -rf "$venv"
    wanted="ansible-core==$core.*" kubernetes=kubernetes
    # The oldest Python has the oldest package that is promised.
    [ "$python" != 3.9 ] || kubernetes="kubernetes==24.2.0"
    [ "$core" != newest ] || wanted=ansible-core
    "$interpreter" -m venv "$venv" &&
      "$venv/bin/pip" install --quiet --disable-pip-version-check "$wanted" "$kubernetes" pytest pytest-xdist hypothesis \
        jsonschema jsonpatch cryptography kubernetes-validate PyYAML && touch "$venv/.ready" ||
      { echo "== $pair cannot be installed"; code=1; continue; }
  fi
  paths=("${all[@]}")
  [ "$python" != 3.9 ] || paths=("${modules[@]}")
  [ -z "${UNITS:-}" ] || read -ra paths <<<"$UNITS"
  start=$(date +%s)
  answer=$(PYTHONPATH="$tree" ANSIBLE_COLLECTIONS_PATH="$tree" "$venv/bin/python" -m pytest "${paths[@]}" -q -n 2 2>&1)
  result=$?
  [ $result -eq 0 ] || { code=1; printf '%s\n' "$answer" | tail -40; }
  echo "== Python $python, ansible-core $("$venv/bin/python" -c 'import ansible.release as r; print(r.__version__)'):" \
    "$(printf '%s\n' "$answer" | tail -1), $(($(date +%s) - start)) s"
done
exit $code
