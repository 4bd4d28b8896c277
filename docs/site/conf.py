# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx makes the docs site. `make docs-site` puts the pages of plugins, roles and guides beside it."""

project = "arc.lifecycle"
copyright = "arc.lifecycle contributors"  # pylint: disable=redefined-builtin
title = html_short_title = html_title = "arc.lifecycle"
extensions = ["sphinx_antsibull_ext"]
html_theme = "sphinx_ansible_theme"
html_theme_options = {"documentation_home_url": "index.html", "topbar_links": {}}
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_show_sphinx = html_use_modindex = html_use_index = html_copy_source = False
default_role = "any"
nitpicky = True


def named(_app, _env, node, text):
    """Name pages of Ansible and other collections without a link: the site is made without looking anything up."""
    is_own = str(node.get("reftarget", "")).startswith("ansible_collections.arc.lifecycle")
    return None if is_own else text


def setup(app):
    """Called by Sphinx."""
    app.connect("missing-reference", named)
