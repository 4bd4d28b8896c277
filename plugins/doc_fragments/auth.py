# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the connection options; twin of module_utils/_edge/options.AUTH_OPTIONS."""

from __future__ import annotations


class ModuleDocFragment:

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - The Kubernetes configuration of the cluster, as a path or as a dictionary.
      - Several files are separated by V(:), as in the environment variable E(KUBECONFIG).
      - Without this option and without O(context), O(host) or their environment variables, a
        task inside a pod uses the pod's service account, and any other the file named by
        E(KUBECONFIG) or C(~/.kube/config).
      - E(K8S_AUTH_KUBECONFIG) is used where the option is not given.
    type: raw
  context:
    description:
      - The context of O(kubeconfig) to use; default is the file's current context.
      - E(K8S_AUTH_CONTEXT) is used where the option is not given.
    type: str
  host:
    description:
      - The URL of the API server, such as V(https://k8s.example.com:6443).
      - E(K8S_AUTH_HOST) is used where the option is not given. It is refused beside an explicit
        O(kubeconfig) or O(context), as the task would talk to another cluster than the one named.
    type: str
  api_key:
    description:
      - The bearer token to log in with.
      - E(K8S_AUTH_API_KEY) is used where the option is not given. It is refused beside an
        explicit O(kubeconfig) or O(context).
    type: str
  username:
    description:
      - The name for HTTP basic authentication, which API servers themselves no longer offer.
      - E(K8S_AUTH_USERNAME) is used where the option is not given. It is refused beside an
        explicit O(kubeconfig) or O(context).
    type: str
  password:
    description:
      - The password that belongs to O(username).
      - E(K8S_AUTH_PASSWORD) is used where the option is not given. It is refused beside an
        explicit O(kubeconfig) or O(context).
    type: str
  client_cert:
    description:
      - The path of a client certificate in PEM form.
      - E(K8S_AUTH_CERT_FILE) is used where the option is not given. It is refused beside an
        explicit O(kubeconfig) or O(context).
    type: path
    aliases: [cert_file]
  client_key:
    description:
      - The path of the key that belongs to O(client_cert).
      - E(K8S_AUTH_KEY_FILE) is used where the option is not given. It is refused beside an
        explicit O(kubeconfig) or O(context).
    type: path
    aliases: [key_file]
  ca_cert:
    description:
      - The path of the certificates, in PEM form, that vouch for the API server.
      - E(K8S_AUTH_SSL_CA_CERT) is used where the option is not given.
    type: path
    aliases: [ssl_ca_cert]
  validate_certs:
    description:
      - Whether the certificate of the API server is checked.
      - E(K8S_AUTH_VERIFY_SSL) is used where the option is not given.
    type: bool
    aliases: [verify_ssl]
  proxy:
    description:
      - The URL of an HTTP proxy on the way to the API server.
      - E(K8S_AUTH_PROXY) is used where the option is not given.
    type: str
  no_proxy:
    description:
      - Hosts, domains and networks that are reached without O(proxy), separated by commas.
      - E(K8S_AUTH_NO_PROXY) is used where the option is not given.
    type: str
  proxy_headers:
    description:
      - Headers for the proxy.
    type: dict
    suboptions:
      proxy_basic_auth:
        description:
          - Name and password for the proxy, separated by a colon.
          - E(K8S_AUTH_PROXY_HEADERS_PROXY_BASIC_AUTH) is used where the option is not given.
        type: str
      basic_auth:
        description:
          - Name and password for basic authentication, separated by a colon.
          - E(K8S_AUTH_PROXY_HEADERS_BASIC_AUTH) is used where the option is not given.
        type: str
      user_agent:
        description:
          - The name by which the task makes itself known to the proxy.
          - E(K8S_AUTH_PROXY_HEADERS_USER_AGENT) is used where the option is not given.
        type: str
  persist_config:
    description:
      - Whether tokens that the Python client refreshed are written back to O(kubeconfig).
      - E(K8S_AUTH_PERSIST_CONFIG) is used where the option is not given. Nothing is written
        without it.
    type: bool
  impersonate_user:
    description:
      - The user in whose name the requests are made.
      - E(K8S_AUTH_IMPERSONATE_USER) is used where the option is not given.
    type: str
  impersonate_groups:
    description:
      - The groups in whose name the requests are made.
      - E(K8S_AUTH_IMPERSONATE_GROUPS), separated by commas, is used where the option is not
        given.
    type: list
    elements: str
requirements:
  - python >= 3.9
  - kubernetes >= 24.2.0
"""
