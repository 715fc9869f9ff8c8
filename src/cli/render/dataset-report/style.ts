/** The style of a report's page, light and dark. Its hash is in the page's policy. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d8dee4;--paper:#fff;--raised:#f6f8fa;--bar:#3b6fd4;--plus:59,111,212;--minus:207,77,77}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#30363d;--paper:#0d1117;--raised:#161b22;--bar:#6ea8fe;--plus:110,168,254;--minus:248,113,113}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1100px;margin:0 auto;padding:32px 24px 64px}
h1{margin:0;font-size:26px;overflow-wrap:anywhere}
h2{margin:40px 0 12px;padding-bottom:6px;border-bottom:1px solid var(--line);font-size:17px}
.lead,figcaption span{color:var(--soft)}
.lead{margin:4px 0 0}
.tiles{display:flex;flex-wrap:wrap;gap:12px;margin-top:20px}
.tiles div{min-width:110px;padding:12px 16px;border:1px solid var(--line);border-radius:8px;background:var(--raised)}
.tiles b{display:block;font-size:22px;font-variant-numeric:tabular-nums}
.tiles span{color:var(--soft);font-size:13px}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:13px}
th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
td{max-width:44em;overflow-wrap:break-word}
td:first-child{white-space:nowrap}
thead th{color:var(--soft);font-weight:600;vertical-align:bottom}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead .n{white-space:normal}
tbody th{font-weight:500;white-space:nowrap}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(290px,1fr));gap:16px}
figure{margin:0;padding:12px 14px;border:1px solid var(--line);border-radius:8px;background:var(--raised)}
figcaption{margin-bottom:8px;font-size:13px;overflow-wrap:anywhere}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--soft);font-size:11px}
.bar{fill:var(--bar)}
.axis{stroke:var(--line)}
.number,.tick{text-anchor:middle}
.start{text-anchor:start}
.end,.label{text-anchor:end}
.self{background:var(--raised)}
.plus1{background:rgba(var(--plus),.12)}.plus2{background:rgba(var(--plus),.24)}.plus3{background:rgba(var(--plus),.36)}.plus4{background:rgba(var(--plus),.48)}.plus5{background:rgba(var(--plus),.6)}
.minus1{background:rgba(var(--minus),.12)}.minus2{background:rgba(var(--minus),.24)}.minus3{background:rgba(var(--minus),.36)}.minus4{background:rgba(var(--minus),.48)}.minus5{background:rgba(var(--minus),.6)}
@media print{section{break-inside:avoid}}
`;
