#include "tables/profile/page_style.hpp"

namespace peo::profile {

const std::string_view style =
    R"css(:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --ink: #1c2530; --soft: #5d6b7a; --line: #e2e6eb;
  --bar: #3f7fbf; --track: #e8edf3; --key: #8a5a00; --key-ground: #fff1d6; --look: #8f3b1b; --look-ground: #fdf0ea;
  --insert: #3a9a6b; --update: #3f7fbf; --delete: #cf5b4a; }
@media (prefers-color-scheme: dark) { :root { --ground: #12161b; --card: #1b2128; --ink: #e6ebf0; --soft: #9aa7b4;
  --line: #2c353f; --bar: #6aa5de; --track: #2a323b; --key: #ffce7a; --key-ground: #3b2f16; --look: #f2a488;
  --look-ground: #33211b; --insert: #57b98a; --update: #6aa5de; --delete: #e57f6f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 14px/1.45 system-ui, "DejaVu Sans", sans-serif; }
header.page, main { max-width: 1180px; margin: 0 auto; padding: 24px 20px 0; }
h1 { font-size: 26px; margin: 0 0 6px; letter-spacing: -0.01em; }
header.page p { color: var(--soft); margin: 0 0 14px; max-width: 80ch; }
nav { display: flex; flex-wrap: wrap; gap: 8px; }
nav a { background: var(--card); border: 1px solid var(--line); border-radius: 999px; padding: 5px 14px; color: var(--ink);
  text-decoration: none; font-weight: 600; }
nav a span { color: var(--soft); font-weight: 400; margin-left: 4px; }
section { margin-bottom: 44px; }
h2 { font-size: 21px; margin: 12px 0 12px; }
h2 small { color: var(--soft); font-weight: 400; font-size: 14px; margin-left: 10px; }
.tiles { display: flex; flex-wrap: wrap; gap: 10px; margin-bottom: 14px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 16px; min-width: 130px; }
.tile b { display: block; font-size: 19px; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 12.5px; }
figure { margin: 0 0 16px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px 8px; }
figcaption { color: var(--soft); font-size: 12.5px; margin-bottom: 4px; }
.legend { float: right; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin: 0 4px 0 10px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(268px, 1fr)); gap: 12px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; min-width: 0; }
.card header { display: flex; align-items: baseline; gap: 6px; flex-wrap: wrap; }
.card h3 { font: 600 14px/1.3 ui-monospace, "DejaVu Sans Mono", monospace; margin: 0; overflow-wrap: anywhere; flex: 1; }
.chip { font-size: 11px; color: var(--soft); background: var(--track); border-radius: 999px; padding: 1px 8px; white-space: nowrap; }
.chip.key { color: var(--key); background: var(--key-ground); font-weight: 600; }
.full { height: 4px; background: var(--track); border-radius: 2px; margin: 8px 0 10px; overflow: hidden; }
.full u { display: block; height: 100%; background: var(--insert); }
.plot { display: block; width: 100%; height: auto; }
.plot text { font-size: 10.5px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.bar { fill: var(--bar); } .axis, .grid { stroke: var(--line); }
rect.insert { fill: var(--insert); } rect.update { fill: var(--update); } rect.delete { fill: var(--delete); }
i.insert { background: var(--insert); } i.update { background: var(--update); } i.delete { background: var(--delete); }
figure { overflow-x: auto; } .plot.wide { min-width: 720px; } .plot.wide text { font-size: 12px; }
.caption { color: var(--soft); font-size: 11px; margin: 0; text-align: center; }
.top div { display: grid; grid-template-columns: minmax(0, 9.5em) 1fr 4.2em; gap: 8px; align-items: center; margin: 3px 0; font-size: 12px; }
.top .value { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 11.5px; }
.top i { background: var(--track); height: 8px; border-radius: 4px; overflow: hidden; }
.top u { display: block; height: 100%; background: var(--bar); }
.top em { font-style: normal; color: var(--soft); text-align: right; font-variant-numeric: tabular-nums; }
.top small { color: var(--soft); }
dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 1px 12px; margin: 10px 0 0; font-size: 12.5px; }
dt { color: var(--soft); } dd { margin: 0; text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.look { list-style: none; margin: 10px 0 0; padding: 8px 12px; border-radius: 8px; background: var(--look-ground); color: var(--look); font-size: 12.5px; }
section > .look { margin: 0 0 14px; }
.look li + li { margin-top: 4px; }
@media print { .card, figure, .tile { break-inside: avoid; } }
)css";

}  // namespace peo::profile
