"""The look of the report, light and dark by the reader's own setting, and on paper."""

from __future__ import annotations

STYLE = """
:root{--ground:#f6f6f4;--panel:#fff;--line:#dedfdc;--text:#1c1e22;--faint:#5d636e;
--held:#0b6aa8;--heldbg:#dceefa;--failed:#a8420a;--failedbg:#fbe4d6;--bar:#d9773b}
@media(prefers-color-scheme:dark){:root{--ground:#111317;--panel:#1b1e24;--line:#30353e;
--text:#eceef2;--faint:#9aa1ae;--held:#8fd0fa;--heldbg:#14324a;--failed:#ffb185;
--failedbg:#4a2413;--bar:#f07836}}
*{box-sizing:border-box}
html{background:var(--ground);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",
Roboto,"Helvetica Neue",Arial,sans-serif}
body{margin:0}
main{max-width:1344px;margin:0 auto;padding:40px 32px 80px}
h1{font-size:34px;font-weight:600;letter-spacing:-.01em;margin:0}
h2{font-size:24px;font-weight:600;margin:0}
h3{font-size:16px;font-weight:600;margin:24px 0 4px}
header p,.facts{color:var(--faint);margin:2px 0 0}
a{color:inherit}
nav ul{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;margin:12px 0 0;padding:0}
.cards{display:grid;grid-template-columns:repeat(6,1fr);gap:12px;margin:28px 0}
@media(max-width:1199px){.cards{grid-template-columns:repeat(3,1fr)}}
@media(max-width:599px){.cards{grid-template-columns:repeat(2,1fr)}}
.cards div{background:var(--panel);border:1px solid var(--line);border-radius:10px;
padding:16px 18px}
.cards div{display:flex;flex-direction:column}
.cards dt{font-size:15px}
.cards dd{display:contents}
.cards b{order:-1;font-size:32px;font-weight:600;line-height:1.25;
font-variant-numeric:tabular-nums}
.cards span{color:var(--faint);font-size:14px}
.pair{display:grid;grid-template-columns:minmax(280px,2fr) 5fr;gap:12px 32px;align-items:start}
@media(max-width:900px){.pair{grid-template-columns:1fr}}
.shot{border-top:1px solid var(--line);margin-top:44px;padding-top:32px}
.prompt{font-size:18px;max-width:75ch;margin:6px 0 0}
figure{margin:20px 0}
img{display:block;width:100%;height:auto;border-radius:10px}
ol,ul{margin:4px 0 0;padding-left:22px}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;margin:20px 0 0;font-size:15px;
font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;font-size:16px;padding-bottom:6px}
th,td{text-align:left;vertical-align:top;padding:7px 16px 7px 0;border-bottom:1px solid var(--line)}
thead th{color:var(--faint);font-weight:500;font-size:14px;white-space:nowrap}
tbody th{font-weight:500}
.bar{display:inline-block;height:10px;margin-right:10px;border-radius:3px;background:var(--bar);
width:calc(var(--share)*140px)}
.bar[style$=":0.000"]{display:none}
.seconds{display:flex;flex-wrap:wrap;gap:4px;list-style:none;margin:0;padding:0}
.seconds li{padding:0 8px;border-radius:9px;border:1px solid transparent;white-space:nowrap}
.seconds .held{color:var(--held);background:var(--heldbg)}
.seconds .failed{color:var(--failed);background:var(--failedbg)}
.seconds .unknown{color:var(--faint);border-color:var(--line)}
.seconds .marked{border-color:currentColor}
.seconds small{color:var(--faint);margin-right:5px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
@media print{main{padding:0}.shot{break-before:page}}
"""
