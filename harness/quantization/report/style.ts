/** The page's style: light and dark by the reader's setting, and for paper. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1f2937; --quiet: #6b7280; --line: #e5e7eb; --band: #f8fafc; --yes: #0f766e; --no: #b42318; --heat-ink: 217 95 2;
 --naive: #6b7280; --nearest: #2563a8; --clip: #0e8fa8; --awq: #b86e00; --gptq: #0f7a5c; --qat: #a23b8f; --float: #475569; --several: #1f2937; }
@media (prefers-color-scheme: dark) { :root { --paper: #11161d; --ink: #e5e7eb; --quiet: #9aa4b2; --line: #2a323d; --band: #171e27; --yes: #4fd1b5; --no: #ff8f82; --heat-ink: 255 140 60;
 --naive: #a3adba; --nearest: #74b0f4; --clip: #5fd3ea; --awq: #f0b04f; --gptq: #5fd6ae; --qat: #e58fd4; --float: #b6c2d1; --several: #e5e7eb; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.5rem 4rem; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.25rem; margin: 2.6rem 0 .5rem; } h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
p.note, .quiet, small { color: var(--quiet); } p.note { margin: .2rem 0 .8rem; max-width: 60rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { padding: .3rem .55rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; } thead th { vertical-align: bottom; font-weight: 600; color: var(--quiet); }
tbody th { font-weight: 600; white-space: nowrap; } .n { text-align: right; white-space: nowrap; } .rule { text-align: center; } th.prompt { min-width: 7rem; white-space: normal; }
tr.base { background: var(--band); } .yes { color: var(--yes); } .no { color: var(--no); } .key { width: 16px; height: 16px; vertical-align: -3px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.plots { display: grid; gap: 1.6rem; } figure { margin: 0; min-width: 0; } figcaption { font-weight: 600; margin-bottom: .2rem; }
svg.plot { width: 100%; min-width: 820px; height: auto; display: block; font: 12px system-ui, sans-serif; }
.plot .grid { stroke: var(--line); } .plot .axis { stroke: var(--quiet); } .plot text { fill: var(--quiet); } .plot text.title { fill: var(--ink); font-size: 13px; } .plot text.label { fill: var(--ink); } .plot text.label, .plot text.line-label { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
.plot .leader { stroke: var(--quiet); stroke-width: .7; } .plot .line { stroke-width: 1.3; } .plot .line.base { stroke: var(--ink); stroke-dasharray: 1 3; } .plot .line.rule { stroke: var(--no); stroke-dasharray: 6 4; }
.plot text.line-label.rule { fill: var(--no); } .plot text.line-label.base { fill: var(--ink); }
.mark { stroke-width: 1.8; } .mark.hollow { fill: var(--paper); }
${['naive', 'nearest', 'clip', 'awq', 'gptq', 'qat', 'float', 'several'].map((kind) => `.mark.${kind} { stroke: var(--${kind}); } .mark.${kind}.filled { fill: var(--${kind}); }`).join('\n')}
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .2rem 0 1rem; padding: 0; list-style: none; font-size: 13px; }
.heat td.cell { background: rgb(var(--heat-ink) / calc(var(--heat) * .75)); border: 1px solid var(--paper); min-width: 3.6rem; } .heat td, .heat th { padding-block: .12rem; }
.texts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17rem, 100%), 1fr)); gap: .7rem; } .card { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .7rem; font-size: 13px; }
.card.base { background: var(--band); } .card p { margin: .3rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; font-size: 13px; } dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; } dl.why dt { color: var(--ink); font-weight: 600; } small.apart { font-weight: 400; }
@media (max-width: 40rem) { body { padding: 1.2rem 1rem 3rem; } dl.facts { grid-template-columns: 1fr; gap: 0; } dl.facts dd { margin-bottom: .5rem; } .wide { margin-inline: -1rem; padding-inline: 1rem; } .wide th[scope=row], .wide th[scope=rowgroup] { position: sticky; left: -1rem; background: var(--paper); white-space: normal; } .wide tr.base th[scope=row] { background: var(--band); } }
@media print { @page { size: A4 landscape; margin: 12mm; } :root { color-scheme: light; } body { max-width: none; padding: 0; font-size: 11px; } table { font-size: 9px; } th, td { padding: .15rem .3rem; }
 figure, .card, tbody tr { break-inside: avoid; } h2, h3 { break-after: avoid; } .wide { overflow: visible; } .heat td.cell { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
