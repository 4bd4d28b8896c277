# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: kubeconfig
short_description: Contexts of kubeconfigs as hosts
version_added: 1.0.0
description:
  - Makes a host of each context of one or several kubeconfigs, with the variables C(kubeconfig) and
    C(context) that the playbooks of this collection ask for.
  - No cluster is spoken to, and no credentials are read into variables.
  - The configuration file has to be named C(kubeconfig.yml), or end in C(.kubeconfig.yml) or
    C(_kubeconfig.yml); C(.yaml) does as well.
author:
  - arc.lifecycle contributors (@arc-lifecycle)
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [arc.lifecycle.kubeconfig]
  kubeconfigs:
    description:
      - The kubeconfigs. A relative path starts at the folder of the configuration file.
      - Without it those that E(KUBECONFIG) lists, or C(~/.kube/config).
    type: list
    elements: str
    default: []
  include:
    description: Shell patterns of contexts that become hosts.
    type: list
    elements: str
    default: ["*"]
  exclude:
    description: Shell patterns of contexts that do not.
    type: list
    elements: str
    default: []
  group:
    description: The group that all hosts are in.
    type: str
    default: arc_clusters
  duplicates:
    description:
      - What becomes of a second context that leads to the same server. Two hosts that are one
        cluster are refused by every playbook of this collection.
      - With V(first) the first one is the host and a warning names the other, with V(error) the
        inventory fails, with V(all) both are hosts.
    type: str
    choices: [first, error, all]
    default: first
seealso:
  - module: arc.lifecycle.arc_info
"""

EXAMPLES = r"""
# kubeconfig.yml
plugin: arc.lifecycle.kubeconfig
kubeconfigs:
  - ~/.kube/production
  - ~/.kube/staging
include: ["eu-*", "us-*"]
exclude: ["*-sandbox"]
keyed_groups:
  # eu_west and us_east of contexts such as eu-west-blue
  - key: context.split('-')[:2] | join('_')
    separator: ""
compose:
  arc_verify_timeout: "900 if 'us-' in context else 600"
"""

import os
import sys

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.arc.lifecycle.plugins.module_utils._pure import kubeconfigs
from ansible_collections.arc.lifecycle.plugins.module_utils._pure.errors import LifecycleError

_NAMES = tuple(
    f"{before}kubeconfig.{end}" for before in ("", ".", "_") for end in ("yml", "yaml")
)


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Reads files, and leaves all decisions to kubeconfigs.py."""

    NAME = "arc.lifecycle.kubeconfig"

    def verify_file(self, path):
        """Tell whether a file is for this plugin."""
        if not super().verify_file(path):
            return False
        name = os.path.basename(path)
        return name in _NAMES[:2] or name.endswith(_NAMES[2:])

    def parse(self, inventory, loader, path, cache=True):
        """Fill the inventory."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        key = self.get_cache_key(path)
        use_cache = cache and self.get_option("cache")
        found = None
        if use_cache:
            try:
                found = self._cache[key]
            except KeyError:
                found = None
        if found is None:
            found = self._contexts(os.path.dirname(os.path.abspath(path)))
        if self.get_option("cache"):
            self._cache[key] = found
        self._populate(found)

    def _contexts(self, folder):
        contexts = []
        for path in self._paths(folder):
            if not os.path.isfile(path):
                raise AnsibleParserError(
                    f"kubeconfig {path}: there is no such file. Correct kubeconfigs, or the"
                    " environment variable KUBECONFIG."
                )
            try:
                read, wrong = kubeconfigs.read(
                    path, self.loader.load_from_file(path, cache="none", unsafe=True)
                )
            except LifecycleError as error:
                raise AnsibleParserError(str(error)) from error
            contexts += read
            for text in wrong:
                self.display.warning(f"{text}: it is no host")
        try:
            chosen = kubeconfigs.choose(
                contexts, self.get_option("include"), self.get_option("exclude"),
                self.get_option("duplicates"),
            )
        except LifecycleError as error:
            raise AnsibleParserError(str(error)) from error
        for text in chosen.left_out:
            self.display.warning(f"{text}: it is no host")
        for pattern in kubeconfigs.unmatched(contexts, self.get_option("include")):
            self.display.warning(f"include {pattern}: there is no context of this name")
        return [one.as_dict() for one in chosen.contexts]

    def _paths(self, folder):
        given = self.get_option("kubeconfigs")
        if not given:
            found = os.environ.get("KUBECONFIG") or os.path.join("~", ".kube", "config")
            given = [one for one in found.split(os.pathsep) if one]
        return [
            os.path.normpath(os.path.join(folder, os.path.expanduser(str(one)))) for one in given
        ]

    def _populate(self, contexts):
        group = self.inventory.add_group(self.get_option("group"))
        strict = self.get_option("strict")
        for one in contexts:
            host = self.inventory.add_host(one["host"], group=group)
            variables = {
                "kubeconfig": one["kubeconfig"],
                "context": one["context"],
                "arc_server": one["server"],
                "arc_kubeconfig_cluster": one["cluster"],
                "arc_kubeconfig_user": one["user"],
                "arc_kubeconfig_namespace": one["namespace"],
                "ansible_connection": "local",
                # The one that runs this has what the modules need.
                "ansible_python_interpreter": sys.executable,
                # A module needs no file of its own on the way to its interpreter.
                "ansible_pipelining": True,
            }
            for name, value in variables.items():
                self.inventory.set_variable(host, name, value)
            self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
            self._add_host_to_composed_groups(
                self.get_option("groups"), variables, host, strict=strict
            )
            self._add_host_to_keyed_groups(
                self.get_option("keyed_groups"), variables, host, strict=strict
            )
