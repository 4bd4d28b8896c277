#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arc_report
short_description: Write what an upgrade did into files on the control node
version_added: 1.0.0
description:
  - Writes the report of a run as JSON, as one HTML page that needs no script and no other file, or as both.
  - Works on the control node alone, whatever the task's host and connection, and asks no cluster.
  - A file is replaced in one step, so nobody reads half a report, and a report that cannot be written leaves the one
    before it.
options:
  clusters:
    description:
      - One entry for each cluster, as the filter P(arc.lifecycle.report_entry#filter) makes them.
      - Required unless O(try_only=true).
    type: list
    elements: dict
  path:
    description:
      - Where the report is written as JSON. Empty for nowhere.
    type: path
    default: ""
  page:
    description:
      - Where the report is written as a page. Empty for nowhere.
    type: path
    default: ""
  try_only:
    description:
      - Only see whether reports can be written, before anything is done that they would tell of. As much as a large report
        takes is written beside each file, and taken away again.
    type: bool
    default: false
author:
  - arc.lifecycle contributors (@arc-lifecycle)
attributes:
  action:
    description: Has an action plugin, so a part of it runs on the control node.
    support: full
    details:
      - All of it runs on the control node.
  check_mode:
    description: Can run in check mode, and says what it would change without doing so.
    support: full
  diff_mode:
    description: Shows what differs before and after.
    support: none
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
notes:
  - A report holds no secrets; its files are readable for everybody (mode C(0644)).
seealso:
  - plugin: arc.lifecycle.report_page
    plugin_type: filter
"""

EXAMPLES = r"""
- name: See that a report can be written
  arc.lifecycle.arc_report:
    path: /var/lib/awx/reports/arc-upgrade.json
    try_only: true

- name: Write it as data and as a page
  arc.lifecycle.arc_report:
    clusters: "{{ clusters_of_the_run }}"
    path: /var/lib/awx/reports/arc-upgrade.json
    page: /var/lib/awx/reports/arc-upgrade.html
"""

RETURN = r"""
written:
  description: The files that are new, or have a new content; in check mode those that would.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/awx/reports/arc-upgrade.json]
"""
