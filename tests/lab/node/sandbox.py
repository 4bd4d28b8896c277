# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does one container's program get a file tree of its own, with its volumes in place?

Run as a script by a bare interpreter (`-I -S`: standard library, quick start) with the path of a
JSON file: {"argv", "env", "cwd", "overlay": null or {"scratch", "tmpfs"}, "shared": [paths that
stay the machine's], "binds": [[source, target, read only]], "join": absent or a pid}. It becomes
the program. With `overlay` that gets a mount name space whose root is an overlay over the
machine's root: volumes stand at their real paths, nothing it writes touches the machine, and all
mounts vanish with its last process. With `join` it enters the tree of a running container.
"""

import ctypes
import json
import os
import signal
import sys

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def checked(result, what):
    """Raise OSError for a C call that failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source, target, kind, flags, options=""):
    """mount(2)."""
    source, target = os.fsencode(source), os.fsencode(target)
    kind = kind.encode() if kind else None
    checked(LIBC.mount(source, target, kind, flags, options.encode()), f"mount {target!r}")


def make_root(overlay):
    """Mount the overlay; gives its path. The upper layer lies in memory if `tmpfs` says so."""
    scratch = overlay["scratch"]
    os.makedirs(scratch, exist_ok=True)
    if overlay["tmpfs"]:
        mount("tmpfs", scratch, "tmpfs", 0, "mode=0755")
    upper, work, merged = (os.path.join(scratch, part) for part in ("upper", "work", "merged"))
    for folder in (upper, work, merged):
        os.makedirs(folder, exist_ok=True)
    mount("overlay", merged, "overlay", 0, f"lowerdir=/,upperdir={upper},workdir={work}")
    return merged


def share(path, merged):
    """Show a mount or folder of the machine at the same path; an overlay shows none of them."""
    # A folder that holds the overlay itself must not be bound with its mounts.
    deep = 0 if merged.startswith(path + "/") else MS_REC
    try:
        make_point(path, merged + path)
        mount(path, merged + path, None, MS_BIND | deep)
    except OSError:
        # Some mounts are nobody's to bind (of other users, stale ones); the program can do without.
        return


def make_point(source, target):
    """A mount point for a folder or a file, where it is missing."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT, 0o644))


def enter(overlay, shared, binds):
    """Change the root to the overlay, with the volumes bound into it."""
    checked(LIBC.unshare(CLONE_NEWNS), "unshare")
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    # The scratch folder may be covered below; the handles lead to the volumes all the same.
    handles = [os.open(source, os.O_PATH) for source, _target, _read_only in binds]
    merged = make_root(overlay)
    for path in shared:
        share(path, merged)
    os.chroot(merged)
    os.chdir("/")
    # Only inside do absolute links such as /var/run lead to the right place.
    for handle, (_source, target, read_only) in zip(handles, binds):
        bind(f"/proc/self/fd/{handle}", target, read_only)
        os.close(handle)


def bind(source, target, read_only):
    """Bind a volume or one file of it."""
    make_point(source, target)
    mount(source, target, None, MS_BIND | MS_REC)
    if read_only:
        mount("none", target, None, MS_BIND | MS_REMOUNT | MS_RDONLY)


def join(pid):
    """Enter the mount name space and root of a process."""
    root = os.open(f"/proc/{pid}/root", os.O_RDONLY)
    space = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
    checked(LIBC.setns(space, CLONE_NEWNS), "setns")
    os.fchdir(root)
    os.chroot(".")


def become(spec):
    """Become the program. Raises OSError where that is impossible."""
    if spec.get("join"):
        join(spec["join"])
    elif spec["overlay"]:
        enter(spec["overlay"], spec["shared"], spec["binds"])
    os.makedirs(spec["cwd"], exist_ok=True)
    os.chdir(spec["cwd"])
    # This interpreter ignores these, and what is ignored would be inherited.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.execvpe(spec["argv"][0], spec["argv"], spec["env"])


def main():
    parent = os.getppid()
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(128 + signal.SIGKILL)
    os.dup2(1, 2)
    with open(sys.argv[1], encoding="utf-8") as handle:
        spec = json.load(handle)
    try:
        become(spec)
    except OSError as error:
        print(f"cannot start {spec['argv'][0]}: {error}", file=sys.stderr, flush=True)
    # As a container runtime says: 127 for a program that cannot be started.
    os._exit(127)


if __name__ == "__main__":
    main()
