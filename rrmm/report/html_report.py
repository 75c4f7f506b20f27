"""The report as one web page: pictures inside it, nothing loaded from anywhere, every text escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from itertools import chain

from rrmm.analyses.response import Convention
from rrmm.cohort import Cohort
from rrmm.report.content import Block, Code, Heading, Paragraph, Picture, Table, blocks, scripts, title
from rrmm.report.provenance import clean
from rrmm.report.slides import Item

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 "Helvetica Neue", Arial, sans-serif; color: #1b2430; background: #fff; max-width: 62rem;
  margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.25; } h2 { font-size: 1.3rem; margin-top: 2.5rem; border-top: 1px solid #d9dee5;
  padding-top: 1.25rem; }
figure { margin: 1rem 0; } figure svg { width: 100%; height: auto; }
.small { color: #566273; font-size: 0.9rem; margin: 0.25rem 0; } .finding { font-size: 1.05rem; }
pre { background: #f4f6f9; padding: 0.75rem; overflow-x: auto; font-size: 0.82rem; } summary { cursor: pointer; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: 0.75rem 0; width: 100%; font-size: 0.92rem; }
caption { text-align: left; font-weight: 600; padding: 0.25rem 0; } tbody th { font-weight: 400; }
th, td { text-align: left; padding: 0.3rem 0.6rem 0.3rem 0; border-bottom: 1px solid #d9dee5; vertical-align: top; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def html_report(items: Sequence[Item], cohort: Cohort, convention: Convention | None = None, *, mask: bool = False) -> bytes:
    """The page as UTF-8 bytes. It runs no script, and its own policy forbids any."""
    head = title(cohort)
    every = chain(blocks(items, cohort, convention, mask=mask), scripts(items, cohort, convention))
    body = "\n".join(_html(block, nth) for nth, block in enumerate(every))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{_text(head)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{_text(head)}</h1>
{body}
</main>
</body>
</html>
""".encode()


def _text(words: str) -> str:
    return escape(clean(words, 5000))


def _html(block: Block, nth: int) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level + 1}>{_text(block.text)}</h{block.level + 1}>"
    if isinstance(block, Paragraph):
        look = f' class="{block.look}"' if block.look else ""
        return f"<p{look}>{_text(block.text)}</p>"
    if isinstance(block, Picture):
        return f"<figure>{_svg(block, nth)}</figure>"
    if isinstance(block, Code):
        return (
            f'<details><summary>{_text(block.title)}</summary><pre tabindex="0"><code>{escape(block.text)}</code></pre></details>'
        )
    return _table(block)


def _svg(block: Picture, nth: int) -> str:
    """The picture inline, with its words. The renderer has escaped every label; the policy forbids scripts anyway."""
    svg = block.render("svg").decode("utf-8")
    svg = svg[svg.index("<svg") :]
    # Identifiers are counted up from call to call: counted here by picture, so that none is there twice.
    seen: dict[str, str] = {}
    for name in re.findall(r'\bid="([^"]+)"', svg):
        seen.setdefault(name, f"picture{nth}-{len(seen)}")
    svg = re.sub(r'\bid="([^"]+)"', lambda found: f'id="{seen[found[1]]}"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", lambda found: f"url(#{seen.get(found[1], found[1])})", svg)
    return svg.replace("<svg", f'<svg role="img" aria-label="{_text(block.alt)}"', 1)


def _table(table: Table) -> str:
    caption = f"<caption>{_text(table.caption)}</caption>" if table.caption else ""
    head = "".join(f'<th scope="col">{_text(each)}</th>' for each in table.header)
    rows = "\n".join(
        f'<tr><th scope="row">{_text(row[0])}</th>' + "".join(f"<td>{_text(each)}</td>" for each in row[1:]) + "</tr>"
        for row in table.rows
    )
    return f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>'
