# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the docs site. `make docs-site` puts the pages of plugins, roles and guides beside it.

Nothing is looked up: what the pages refer to in Ansible's own documentation stands in `FOREIGN`, and a label that
is neither there nor on a page fails the build.
"""

from __future__ import annotations

from typing import Any, Optional

from docutils import nodes

project = "arc.lifecycle"
copyright = "arc.lifecycle contributors"  # pylint: disable=redefined-builtin
title = html_short_title = html_title = "arc.lifecycle"
extensions = ["sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_theme_options = {"topbar_links": {}}
html_static_path = ["static"]
html_css_files = ["narrow.css"]
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_show_sphinx = html_use_modindex = html_use_index = html_copy_source = False
default_role = "any"
nitpicky = True

ANSIBLE = "https://docs.ansible.com/ansible/latest/"
SETTINGS = ANSIBLE + "reference_appendices/config.html"
FOREIGN = {
    "action_plugins": ANSIBLE + "plugins/action.html",
    "ansible_collections.kubernetes.core.helm_module": ANSIBLE + "collections/kubernetes/core/helm_module.html",
    "ansible_configuration_settings": SETTINGS,
    "common_return_values": ANSIBLE + "reference_appendices/common_return_values.html",
}


def foreign(_app: Any, _env: Any, node: Any, text: Any) -> Optional[nodes.reference]:
    """Return the link to what Ansible documents, None for what nobody does."""
    target = str(node["reftarget"])
    address = FOREIGN.get(target)
    if node.get("reftype") == "envvar" and target.startswith("ANSIBLE_"):
        address = f"{SETTINGS}#envvar-{target}"
    if node.get("reftype") == "ref" and not node.get("refexplicit"):
        # Without a title of its own the text is the label.
        text = nodes.inline("", target.replace("_", " "))
    return nodes.reference("", "", text, refuri=address) if address else None


def lead_home(_app: Any, _page: str, _template: str, context: Any, _tree: Any) -> None:
    """Let the logo lead to the first page from the guides too, which stand in a folder of their own."""
    context["theme_documentation_home_url"] = context["pathto"]("index")


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("missing-reference", foreign)
    app.connect("html-page-context", lead_home)
