# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the access to GitHub; twin of module_utils/_edge/github.GITHUB_OPTIONS."""

from __future__ import annotations


class ModuleDocFragment:

    DOCUMENTATION = r"""
options:
  github:
    description:
      - How to ask GitHub whether a runner is busy, where the cluster does not tell.
      - Without this option nobody is asked, and such a runner stays unknown, which never counts
        as idle.
      - Nothing is changed at GitHub. If it does not answer, or refuses, the task goes on without
        its word and says why.
      - Give either O(github.token), or O(github.app_id), O(github.installation_id) and
        O(github.private_key). They must be allowed to list the runners of each place at which a
        scale set is registered. Of an organization that is the organization permission
        "Self-hosted runners" (read) or, for a classic token, the scope C(admin:org). Of a
        repository it is the repository permission "Administration" (read) or the scope C(repo).
        Of an enterprise it is the scope C(manage_runners:enterprise) of a classic token.
      - Proxies are taken from the environment of the task, E(https_proxy) and E(no_proxy).
    type: dict
    suboptions:
      api_url:
        description:
          - The REST API that gets the credentials, for all scale sets, such as
            V(https://github.example.com/api/v3).
          - It must be given for a GitHub Enterprise Server. Without it only scale sets on
            github.com and on subdomains of ghe.com are asked about, as a scale set must not be
            able to have the credentials sent to any other server.
          - Where it is not the API that belongs to the C(githubConfigUrl) of a scale set, a
            runner that it does not know stays unknown and does not count as gone.
        type: str
      token:
        description:
          - A personal access token, or any other that may list runners.
        type: str
      app_id:
        description:
          - The App ID or the client ID of a GitHub App.
        type: str
      installation_id:
        description:
          - The number of the App's installation in the organization or for the repository.
        type: str
      private_key:
        description:
          - A private key of the App in PEM form, the content and not its path.
          - It never leaves the machine that runs the task. GitHub gets what was signed with it
            and gives a token that is kept in memory only.
          - Needs the Python package C(cryptography).
        type: str
      ca_cert:
        description:
          - The path of the certificates, in PEM form, that vouch for the server.
          - Without it those of the system count, or of E(SSL_CERT_FILE).
        type: path
      validate_certs:
        description:
          - Whether the certificate of the server is checked.
        type: bool
        default: true
"""
