#!/usr/bin/env bash
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs ansible-test sanity without containers. ansible-test wants a real folder .../ansible_collections/arc/lifecycle
# (no symlink), the collections that doc fragments come from beside it, and a script that installs pip; the latter it
# would fetch, but every Python carries one in ensurepip.
#
# usage: tests/sanity/run.sh VENV [options of ansible-test sanity]
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
venv=$(cd "$1" && pwd)
shift
tree="$top/build/sanity/ansible_collections"
rm -rf "$tree"
mkdir -p "$tree/arc/lifecycle"
cd "$top"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ -e "$file" ] && printf '%s\0' "$file"
done | xargs -0 cp --parents -t "$tree/arc/lifecycle"
ln -s "$("$venv/bin/python" -c 'import ansible_collections as a; print(list(a.__path__)[0])')/kubernetes" "$tree/kubernetes"

cache="${HOME}/.ansible/test/cache"
mkdir -p "$cache"
for version in 23_1_2 24_2 25_2; do
  [ -e "$cache/get_pip_$version.py" ] || printf 'import ensurepip\n\nensurepip.bootstrap(upgrade=True)\n' >"$cache/get_pip_$version.py"
done

export PATH="$venv/bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$top/build/sanity"
python=$("$venv/bin/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
cd "$tree/arc/lifecycle"
# It asks git for the files, and the checkout around would say that all of build/ is ignored.
git init --quiet . && git add --all
exec ansible-test sanity --venv --python "$python" --color no "$@"
