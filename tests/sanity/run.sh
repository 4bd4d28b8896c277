#!/usr/bin/env bash
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs ansible-test sanity without containers. ansible-test wants a real folder .../ansible_collections/arc/lifecycle
# (no symlink), the collections that doc fragments come from beside it, and a script that installs pip; the latter it
# would fetch, but every Python carries one in ensurepip. Compile and import are tested on each Python that the
# collection promises and that this machine has.
#
# usage: tests/sanity/run.sh VENV [options of ansible-test sanity]
#        SANITY_TREE: the folder to work in, build/sanity by default; one for each ansible-core
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
venv=$(cd "$1" && pwd)
shift
work="${SANITY_TREE:-$top/build/sanity}"
tree="$work/ansible_collections"
here="$tree/arc/lifecycle"
mkdir -p "$work"
work=$(cd "$work" && pwd)

# The environments that ansible-test made below tests/output serve the next run.
rm -rf "$work/output"
[ ! -d "$here/tests/output" ] || mv "$here/tests/output" "$work/output"
rm -rf "$tree"
mkdir -p "$here"
cd "$top"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ ! -e "$file" ] || printf '%s\0' "$file"
done | xargs -0 cp --parents -t "$here"
[ ! -d "$work/output" ] || mv "$work/output" "$here/tests/output"
ln -s "$("$venv/bin/python" -c 'import ansible_collections as a; print(list(a.__path__)[0])')/kubernetes" "$tree/kubernetes"

cache="${HOME}/.ansible/test/cache"
mkdir -p "$cache"
for version in 23_1_2 24_2 25_2; do
  [ -e "$cache/get_pip_$version.py" ] || printf 'import ensurepip\n\nensurepip.bootstrap(upgrade=True)\n' >"$cache/get_pip_$version.py"
done

# A version manager puts names on PATH that it has no Python for, and ansible-test fails on the first of them. So each
# candidate is asked who it is; what answers is linked in a folder of its own, and the manager's folder is left out.
pythons="$work/pythons"
rm -rf "$pythons"
mkdir -p "$pythons"
who='import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2], getattr(sys, "_base_executable", sys.executable))'
for version in 3.9 3.10 3.11 3.12 3.13; do
  for candidate in "$venv/bin/python" $(type -ap "python$version") "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/"python$version"; do
    answer=$("$candidate" -c "$who" 2>/dev/null) || continue
    [ "${answer%% *}" = "$version" ] || continue
    ln -s "${answer#* }" "$pythons/python$version"
    break
  done
done
echo "sanity on: $(cd "$pythons" && printf "%s\n" * | sort -V | paste -sd" ")"
plain=$(printf '%s' "$PATH" | tr ':' '\n' | grep -v '/shims$' | paste -sd:)

export PATH="$pythons:$venv/bin:$plain" ANSIBLE_COLLECTIONS_PATH="$work"
cd "$here"
# It asks git for the files, and the checkout around would say that all of build/ is ignored.
git init --quiet . && git add --all
exec "$venv/bin/ansible-test" sanity --venv --color no "$@"
