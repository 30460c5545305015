/** The style sheets of the page, of its charts, and of charts in files of their own. Colours live here and nowhere else. */

const light = `--page:#f7f6f2;--card:#fff;--line:#e3e0d8;--ink:#1d2321;--muted:#5b6460;--grid:#eceae4;--axis:#a9aca6;
--band:#f5f4ef;--paper:#f3f1eb;--track:#eeece6;--sparse:#0b766c;--dense:#5a6478;--warm:#b4500c;--cool:#6a4cb8;--rose:#b3246b;--gold:#846200;
--heat-0:#b9b5a9;--heat-1:#d3ebe4;--heat-2:#a9d8cc;--heat-3:#7cc0b3;--heat-4:#4fa599;--heat-5:#2a877d;--heat-6:#106860;--heat-7:#063f3b`;

const dark = `--page:#121615;--card:#1a201e;--line:#2c3532;--ink:#e9ecea;--muted:#a0aaa6;--grid:#262e2b;--axis:#5d6864;
--band:#1f2624;--paper:#131817;--track:#2a3330;--sparse:#4fd0bd;--dense:#a9b4c8;--warm:#f6a15c;--cool:#b9a5f7;--rose:#f58ab8;--gold:#e0c24d;
--heat-0:#56605c;--heat-1:#143a36;--heat-2:#17524c;--heat-3:#1d6e66;--heat-4:#2a8d83;--heat-5:#46ada1;--heat-6:#7dcfc3;--heat-7:#c9f2ea`;

const tones = ['sparse', 'dense', 'warm', 'cool', 'rose', 'gold'];

const toneRules = tones
  .map(
    (tone) =>
      `.line.${tone},.leader.${tone}{stroke:var(--${tone})}.dot.${tone},.fill.${tone},.name.${tone}{fill:var(--${tone})}` +
      `.dot.hollow.${tone}{fill:var(--card);stroke:var(--${tone})}.spread.${tone}{fill:var(--${tone})}`,
  )
  .join('');

const heatRules = Array.from(
  { length: 8 },
  (_, i) => `.h${i}{fill:var(--heat-${i})}.cells .stroke-h${i}{stroke:var(--heat-${i})}`,
).join('');

/** Rules for everything inside `svg.chart`. */
const chartStyle = `.chart{font-size:12.5px;font-variant-numeric:tabular-nums}
.chart text{fill:var(--ink)}
.chart .title{font-size:15px;font-weight:650}
.chart .muted,.chart .tick{fill:var(--muted)}
.chart .name{font-weight:600}
.chart .value{font-weight:600}
.chart .halo{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.chart .grid{stroke:var(--grid)}
.chart .axis{stroke:var(--axis)}
.chart .boundary{stroke:var(--axis);stroke-dasharray:2 3}
.chart .band{fill:transparent}
.chart .alternate{fill:var(--band)}
.chart .track{fill:var(--track)}
.chart .line{fill:none;stroke-width:2.25;stroke-linejoin:round;stroke-linecap:round}
.chart .dashed{stroke-dasharray:5 5}
.chart .thin{stroke-width:1.5}
.chart .leader{fill:none;opacity:.6}
.chart .dot{stroke:var(--card);stroke-width:1.5}
.chart .hollow{stroke-width:2}
.chart .spread{opacity:.16}
.chart .cut{stroke:var(--ink);stroke-width:1.5}
.chart .base{stroke:var(--axis)}
.chart .cells path{fill:none;stroke-width:1;shape-rendering:crispEdges}
.chart .paper{fill:var(--paper)}
.chart .above{stroke:var(--sparse)}
.chart .below{stroke:var(--warm)}
.chart .shade1{opacity:.38}
.chart .shade2{opacity:.68}
.chart .column rect{fill:transparent}
.chart .column .guide{stroke:var(--axis);opacity:0}
.chart .column:hover .guide{opacity:1}
.chart .bar:hover .fill{opacity:.8}
`;

const fonts = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif';

const pageStyle = `*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 ${fonts}}
.chart{display:block;width:100%;height:auto;overflow:visible}
main,header,footer{max-width:904px;margin:0 auto;padding:0 24px}
header{padding-top:48px}
h1{font-size:clamp(1.55rem,1.1rem + 2.2vw,2.3rem);line-height:1.2;letter-spacing:-.015em;margin:.35em 0 .5em;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:1.25rem;line-height:1.3;letter-spacing:-.005em;margin:0 0 .6em}
section{margin:52px 0 0}
p{margin:0 0 1em;max-width:68ch;text-wrap:pretty}
.kicker{margin:0;color:var(--sparse);font-weight:650;font-size:.9rem}
.muted,figcaption,caption{color:var(--muted)}
.summary{color:var(--muted);overflow-wrap:anywhere}
.card,figure{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:22px 24px;margin:0 0 16px}
figcaption{font-size:.875rem;margin-top:10px;text-wrap:pretty}
.title{font-size:.9375rem;font-weight:650;margin:0 0 14px}
.narrow{display:none}
.multiples{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,330px),1fr));gap:30px 36px}
.pictures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,220px),1fr));gap:24px 36px;align-items:start}
.fields{display:grid;grid-template-columns:repeat(auto-fill,minmax(76px,1fr));gap:10px}
details{margin:0 0 16px}
summary{cursor:pointer;width:max-content;max-width:100%;color:var(--sparse);font-size:.9375rem;padding:6px 2px}
details[open] summary{margin-bottom:8px}
.twins{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,360px),1fr));gap:0 16px}
.twins th,.twins td{padding-left:16px}
.twins th:first-child{padding-left:0}
.legend{margin:0 0 22px}
.contents{display:flex;flex-wrap:wrap;gap:6px 22px;margin:28px 0 0;padding:0;list-style:none;font-size:.9375rem}
.contents a{color:var(--sparse);text-decoration:none;border-bottom:1px solid transparent}
.contents a:hover,.contents a:focus-visible{border-bottom-color:currentColor}
:focus-visible{outline:2px solid var(--sparse);outline-offset:3px;border-radius:4px}
h3{font-size:1rem;line-height:1.35;margin:30px 0 .5em;overflow-wrap:anywhere}
.tiles{display:grid;grid-auto-flow:column;grid-auto-columns:minmax(0,1fr);gap:16px;margin:32px 0 0;padding:0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px 18px}
.tile dt{color:var(--muted);font-size:.875rem}
.tile dd{margin:0}
.tile .big{font-size:1.8rem;font-weight:650;letter-spacing:-.02em;line-height:1.25;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.tile .small{color:var(--muted);font-size:.875rem}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:6px 24px 8px;margin:0 0 16px}
table{border-collapse:collapse;width:100%;font-size:.9375rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-size:.875rem;padding:10px 0 6px}
th,td,thead td{padding:9px 0 9px 24px;text-align:left;white-space:nowrap;border-top:1px solid var(--line)}
th:first-child,td:first-child{padding-left:0}
thead th,thead td{border-top:0;white-space:normal;vertical-align:bottom;color:var(--muted);font-weight:500;font-size:.875rem}
tbody th{font-weight:500;white-space:normal;min-width:7.5rem;overflow-wrap:anywhere}
.right{text-align:right}
.pair{display:grid;grid-template-columns:minmax(0,400px) minmax(0,1fr);gap:32px;align-items:center}
.pair .big{font-size:1.8rem;font-weight:650;letter-spacing:-.02em;line-height:1.2;display:block}
.facts{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:8px 24px;margin:0}
.facts dt{color:var(--muted)}
.facts dd{margin:0;overflow-wrap:anywhere}
pre{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 24px;margin:0 0 16px;white-space:pre-wrap;overflow-wrap:anywhere}
code{font:.9em/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
section{scroll-margin-top:20px}
footer{margin-top:52px;padding-bottom:48px;font-size:.875rem}
@media (max-width:820px){
.tiles{grid-auto-flow:row;grid-template-columns:repeat(2,minmax(0,1fr))}
}
@media (max-width:640px){
main,header,footer{padding-left:16px;padding-right:16px}
header{padding-top:28px}
section{margin-top:40px}
.wide{display:none}.narrow{display:block}
.pictures{grid-template-columns:repeat(2,minmax(0,1fr));gap:20px}
.fields{grid-template-columns:repeat(auto-fill,minmax(58px,1fr));gap:7px}
.card,figure{padding:16px 14px}
.scroll,pre{padding-left:14px;padding-right:14px}
.tiles{gap:10px;margin-top:24px}
.tile{padding:12px 14px}
.tile .big{font-size:1.45rem}
caption span{position:sticky;left:0;display:inline-block;max-width:calc(100vw - 62px)}
table{font-size:.8125rem}
thead th{font-size:.8125rem}
th,td{padding-left:10px}
tbody th{position:sticky;left:0;background:var(--card);min-width:4.4rem;padding-right:4px}
.pair{grid-template-columns:minmax(0,1fr);gap:20px}
.facts{grid-template-columns:minmax(0,1fr);gap:0}
.facts dd{margin-bottom:10px}
}
`;

const printStyle = `@media print{
@page{margin:16mm}
body{background:#fff;font-size:11pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main,header,footer{max-width:none;padding:0}
header{padding-top:0}
section{margin-top:28px}
.wide{display:block}.narrow{display:none}
figure,.card,.tile,.scroll,pre,tr{break-inside:avoid}
h2{break-after:avoid}
.scroll{overflow:visible;padding-left:14px;padding-right:14px}
table{font-size:8pt}
thead th,thead td,caption{font-size:8pt}
th,td{padding:4px 0 4px 8px;overflow-wrap:anywhere}
tbody th{min-width:0}
details::details-content{content-visibility:visible;display:block}
summary{list-style:none;color:var(--ink);padding-left:0}
summary::-webkit-details-marker{display:none}
.contents{display:none}
}
`;

/** The whole sheet. Dark is for screens only: paper stays light whatever the reader's system prefers. */
export const styleSheet = `:root{${light}}
@media screen and (prefers-color-scheme:dark){:root{${dark}}}
${pageStyle}${chartStyle}${toneRules}${heatRules}
${printStyle}`;

/** The sheet of one chart that is a file of its own; there, `:root` is the `<svg>`. */
export const chartSheet = `:root{${light}}
@media screen and (prefers-color-scheme:dark){:root{${dark}}}
.chart{font-family:${fonts}}
${chartStyle}${toneRules}`;
