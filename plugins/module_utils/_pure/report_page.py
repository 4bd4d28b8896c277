# Copyright (c) 2026 arc.lifecycle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as one HTML page that needs nothing else: no script, no font, no address.

It has to be readable in an artifact of a CI run, in light and dark, on paper, and on a phone.
Every text of it is escaped: names of sets and jobs are made by others.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any, Iterable, List, Mapping, Sequence

from . import report, report_picture
from .report_text import seconds

_MOST_ROWS = 200
# Nobody reads the fractions of a second of a time.
_FRACTION = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+")
_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff;--box:#f6f8fa;
--serves:#2da44e;--drain:#d4a72c;--empty:#8c959f;--proof:#218bff;--failed:#cf222e}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;
--box:#151b23;--serves:#3fb950;--drain:#d29922;--empty:#6e7681;--proof:#388bfd;--failed:#f85149}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:1.5rem 1rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
h3{font-size:.95rem;margin:1.25rem 0 .35rem}
p{margin:.25rem 0}.soft{color:var(--soft)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.87rem}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);
overflow-wrap:break-word}
td{min-width:4.5rem}td:last-child{min-width:12rem}th{font-weight:600;white-space:nowrap}td.number{white-space:nowrap}
.tag{display:inline-block;padding:0 .5rem;border-radius:1rem;border:1px solid currentColor;
font-size:.8rem;white-space:nowrap}
.good{color:var(--serves)}.bad{color:var(--failed)}.warn{color:var(--drain)}.none{color:var(--soft)}
pre{background:var(--box);padding:.6rem;border-radius:.4rem;white-space:pre-wrap;overflow-wrap:anywhere;
font-size:.8rem}
svg{width:100%;height:auto;min-width:36rem;display:block}svg text{fill:var(--ink);font:12px system-ui,sans-serif}
svg .soft{fill:var(--soft)}
.serves{fill:var(--serves)}.drain{fill:var(--drain)}.empty{fill:var(--empty)}.proof{fill:var(--proof)}
.failed{fill:var(--failed)}
.legend span{margin-right:1rem;white-space:nowrap}.legend i{display:inline-block;width:.8rem;height:.8rem;
border-radius:.15rem;margin-right:.3rem;vertical-align:-.05rem}
td[data-head=Time],td[data-head=Release]{white-space:nowrap}
@media (max-width:40rem){svg{min-width:52rem}table,tbody,tr{display:block}thead{display:none}
tr{padding:.35rem 0;border-bottom:1px solid var(--line)}
td,td:last-child{display:grid;grid-template-columns:7rem 1fr;justify-items:start;column-gap:.5rem;border:0;
padding:.1rem 0;min-width:0;overflow-wrap:anywhere}
td::before{content:attr(data-head);color:var(--soft)}}
@media print{body{max-width:none;padding:0}section{break-inside:avoid}th,td{overflow-wrap:anywhere}}
"""
_CLASS = {"upgraded": "good", "failed": "bad", "rolled back": "warn", "gone back": "good",
          "blocker": "bad", "warning": "warn"}
_LEGEND = (("serves", "takes jobs"), ("drain", "drains"), ("empty", "is empty"),
           ("proof", "comes back"), ("failed", "failed"))


def page(clusters: Sequence[Mapping[str, Any]]) -> str:
    """Return the page. `clusters`: entries as report.entry_of gives them."""
    found = list(clusters)
    target = ", ".join(sorted({str(one["to"]) for one in found}))
    body = [
        f"<h1>ARC to {_text(target)}</h1>",
        f"<p class=soft>{_text(_summary(found))}</p>",
        _overview(found),
    ]
    picture = report_picture.picture(found)
    if picture:
        legend = "".join(
            f"<span><i style=\"background:var(--{name})\"></i>{_text(words)}</span>"
            for name, words in _LEGEND
        )
        body.append(
            "<h2>What served when</h2><div class=wide>" + picture
            + f"</div><p class=\"legend soft\">{legend}</p>"
        )
    body += [_cluster(one) for one in found]
    return (
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content=\"width=device-width,initial-scale=1\">"
        f"<title>ARC to {_text(target)}</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(body) + "\n</body></html>\n"
    )


def _summary(clusters: Sequence[Mapping[str, Any]]) -> str:
    results = [str(one["result"]) for one in clusters]
    told = [f"{results.count(one)} {one}" for one in dict.fromkeys(results)]
    if not clusters:
        return "No cluster."
    return f"{len(clusters)} cluster{'s' if len(clusters) > 1 else ''}: {', '.join(told)}"


def _overview(clusters: Iterable[Mapping[str, Any]]) -> str:
    return _table(
        ("Cluster", "Release", "Way", "Result", "Scale sets", "Jobs awaited", "Time"),
        [
            (
                _text(one["name"]), _text(f"{one['from'] or '-'} → {one['to']}"),
                _text(_way(one)), _tag(one["result"]), str(len(one["scale_sets"])),
                str(one["jobs_awaited"]),
                _text(seconds(sum(phase["seconds"] for phase in one["phases"]))),
            )
            for one in clusters
        ],
    )


def _way(one: Mapping[str, Any]) -> str:
    return ("resumed, " if one["was_resumed"] else "") + str(one["method"]).replace("_", " ")


def _cluster(one: Mapping[str, Any]) -> str:
    where = one["cluster"]
    parts = [
        f"<section><h2>{_text(one['name'])} {_tag(one['result'])}</h2>",
        f"<p class=soft>{_text(where.get('server', ''))}, Kubernetes"
        f" {_text(where.get('kubernetes', ''))}, UID {_text(where.get('uid', ''))}</p>",
    ]
    if one["failure"]:
        parts.append(
            f"<p class=bad>Failed in <b>{_text(one['failed_in'])}</b></p>"
            f"<pre>{_text(one['failure'])}</pre>"
        )
    sets = one.get("sets") or [{"name": name} for name in one["scale_sets"]]
    # Of a cluster that was not reached, or that failed on the way, only the plan is known.
    done = "What was done" if one["result"] in (report.DONE, report.WENT_BACK) else "What was planned"
    parts += _part("Scale sets", ("Set", "Source", "Before", done), [
        (_text(each["name"]), _text(each.get("source", "")), _text(each.get("from") or "-"),
         _text(each.get("action", "")))
        for each in sets
    ])
    parts += _part("Phases", ("Phase", "Time"), [
        (_text(each["phase"]), _text(seconds(each["seconds"]))) for each in one["phases"]
    ])
    parts += _part("Findings", ("Severity", "Id", "Object", "Reason", "Remedy"), [
        (_tag(each["severity"]), _text(each["id"]), _text(each["object"]), _text(each["reason"]),
         _text(each.get("remedy", "")))
        for each in one["findings"]
    ])
    parts += _part("Jobs that were waited for", ("Runner", "What is known of it"), [
        (_text(each.get("runner", each.get("name", ""))), _text(_facts(each, ("runner", "name"))))
        for each in one["awaited"]
    ])
    parts += _part("Writes", ("What", "Object", "Why", "Evidence"), [
        (_text(each.get("verb", "")), _text(_object(each.get("object") or {})),
         _text(each.get("reason", "")), _text(_facts(each.get("evidence") or {})))
        for each in one.get("acts", ())
    ])
    parts += _part("Peers that did not serve meanwhile", ("What", "Why", "From", "Until"), [
        (_text(each["object"]), _text(each["reason"]), _text(each["since"]),
         _text(each["until"] or "not seen to end"))
        for each in one.get("peers_lost", ())
    ] + [(_text(each), "", "", "after the proof") for each in one.get("peers_ill", ())])
    parts += _part("Argo CD and Flux objects that stay suspended", ("What, and what to do",), [
        (_text(each),) for each in one.get("gitops_left", ())
    ])
    parts += _part("Mended on the way", ("What",), [
        (_text(_facts(each) if isinstance(each, Mapping) else each),) for each in one["cured"]
    ])
    return "".join(parts) + "</section>"


def _part(head: str, names: Sequence[str], rows: List[Sequence[str]]) -> List[str]:
    if not rows:
        return []
    more = len(rows) - _MOST_ROWS
    left = [f"<p class=soft>{more} more stand in the report's JSON.</p>"] if more > 0 else []
    return [f"<h3>{_text(head)}</h3>", _table(names, rows[:_MOST_ROWS]), *left]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are HTML already."""
    top = "".join(f"<th>{_text(one)}</th>" for one in head)
    lines = "".join(
        "<tr>" + "".join(
            f"<td data-head=\"{_text(name)}\">{cell}</td>" for name, cell in zip(head, row)
        ) + "</tr>"
        for row in rows
    )
    return f"<div class=wide><table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>"


def _tag(word: Any) -> str:
    return f"<span class=\"tag {_CLASS.get(str(word), 'none')}\">{_text(word)}</span>"


def _object(ref: Mapping[str, Any]) -> str:
    where = "/".join(str(ref[key]) for key in ("namespace", "name") if ref.get(key))
    return f"{ref.get('kind', '')} {where}".strip()


def _facts(data: Mapping[str, Any], without: Sequence[str] = ()) -> str:
    return ", ".join(
        f"{key.replace('_', ' ')} {_fact(value)}" for key, value in sorted(data.items())
        if key not in without and value not in (None, "", [], {})
    )


def _fact(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({_facts(value)})"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_fact, value))
    if isinstance(value, str):
        return _FRACTION.sub(r"\1", value)
    return json.dumps(round(value, 1) if isinstance(value, float) else value)


def _text(value: Any) -> str:
    return html.escape(str(value), quote=True)
