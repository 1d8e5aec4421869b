// The style sheet of the report: light and dark, wide and narrow.
#include "train/report/report.h"

namespace medley::train {

const char* const kReportStyle = R"css(
:root { color-scheme: light dark; --ink: #1d2330; --soft: #667085; --page: #f7f7f5; --card: #fff;
  --line: #e2e4e9; --blue: #2563c9; --good: #1a8a4a; --bad: #c2413a; --chance: #b7791f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaf0; --soft: #9aa3b5; --page: #14161b;
  --card: #1d2027; --line: #30343e; --blue: #6ea2f5; --good: #4fc283; --bad: #f0817a; --chance: #e0b15c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 18px 60px; }
h1 { font-size: 1.9rem; margin: 0 0 .3em; letter-spacing: -.01em; }
header p { max-width: 70ch; margin: 0; font-size: 1.06rem; }
h2 { font-size: 1.3rem; margin: 2.4em 0 .1em; }
h3 { font-size: 1rem; margin: 0 0 .4em; }
.note { color: var(--soft); max-width: 75ch; margin: 0 0 1em; font-size: .93rem; }
small { color: var(--soft); font-weight: normal; }
.curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 14px; }
svg { background: var(--card); border: 1px solid var(--line); border-radius: 10px; width: 100%; }
svg text { fill: var(--soft); font-size: 11px; }
svg .title { fill: var(--ink); font-size: 14px; font-weight: 600; }
svg .value { fill: var(--blue); font-size: 12px; font-weight: 600; }
svg .grid { stroke: var(--line); }
svg .chance { stroke: var(--chance); stroke-dasharray: 5 4; }
svg .chance-label { fill: var(--chance); }
svg .curve { fill: none; stroke: var(--blue); stroke-width: 2; stroke-linejoin: round; }
svg .end { fill: var(--blue); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; background: var(--card); border: 1px solid var(--line); }
th, td { padding: 5px 11px; border: 1px solid var(--line); font-size: .93rem; }
.results { font-variant-numeric: tabular-nums; }
.results td { text-align: right; }
.results thead th { color: var(--soft); font-weight: 600; }
.results tbody th, .facts th { text-align: left; font-weight: 600; white-space: nowrap; }
img { image-rendering: pixelated; display: block; width: 100%; background: #fff; border-radius: 5px; }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 8px; }
figcaption { font-size: .88rem; line-height: 1.35; padding-top: 6px; overflow-wrap: anywhere; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 12px; }
.cards { margin-bottom: 20px; }
.cards figcaption b, .cards figcaption span { display: block; }
.cards .right b { color: var(--good); } .cards .wrong b { color: var(--bad); }
.results small { display: block; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 5px; }
.strip { margin-bottom: 18px; }
.row { display: flex; gap: 10px; overflow-x: auto; padding-bottom: 4px; }
.row figure { flex: 0 0 118px; }
.row figcaption { text-align: center; }
.row .right { border-color: var(--good); box-shadow: inset 0 0 0 2px var(--good); }
.lit { position: relative; }
.veil { position: absolute; inset: 0; height: 100%; background: none; image-rendering: auto; }
pre { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 12px; font-size: .85rem; }
summary { cursor: pointer; margin: 1em 0 .4em; }
@media (max-width: 560px) { .cards { grid-template-columns: repeat(2, 1fr); }
  .row figure { flex-basis: 96px; } h1 { font-size: 1.5rem; } }
)css";

}  // namespace medley::train
