import { inkOn, mix, readableOn, type Color } from './page-colors.ts';

/** The style sheet of the pages in light and dark, with the accent made readable in both. */
export function pageStyle(accent: Color): string {
  return `:root{color-scheme:light dark;${variables(LIGHT, accent)}}
@media (prefers-color-scheme:dark){:root{${variables(DARK, accent)}}}
${RULES}`;
}

interface Palette {
  readonly page: Color;
  readonly card: Color;
  /** Behind what is grouped within the card. */
  readonly soft: Color;
  readonly text: Color;
  readonly muted: Color;
  /** Between things; it carries no meaning. */
  readonly line: Color;
  /** Around what can be operated, which needs a contrast of 3 (WCAG 2.2, success criterion 1.4.11). */
  readonly edge: Color;
  readonly bad: Color;
  readonly badSoft: Color;
  readonly shadow: string;
}

const LIGHT: Palette = {
  page: '#f2f4f7',
  card: '#ffffff',
  soft: '#f6f7f9',
  text: '#171a21',
  muted: '#555d6b',
  line: '#e3e6eb',
  edge: '#7f8896',
  bad: '#b3261e',
  badSoft: '#fdf0ef',
  shadow: '0 1px 2px #1018280d,0 16px 40px -16px #10182833',
};

const DARK: Palette = {
  page: '#0e1014',
  card: '#181b21',
  soft: '#1f232b',
  text: '#eef0f4',
  muted: '#a6aebb',
  line: '#2b3039',
  edge: '#737c8a',
  bad: '#ffa198',
  badSoft: '#35191a',
  shadow: '0 1px 2px #0006,0 16px 40px -16px #000c',
};

function variables(palette: Palette, accent: Color): string {
  const { card, soft, shadow, badSoft, ...plain } = palette;
  const fill = readableOn([card], accent, 3);
  const values = {
    ...plain,
    card,
    soft,
    shadow,
    'bad-soft': badSoft,
    fill,
    'fill-over': mix(fill, inkOn(fill) === '#ffffff' ? '#000000' : '#ffffff', 0.14),
    ink: inkOn(fill),
    // Links and marks are text on the card and on what is grouped within it.
    link: readableOn([card, soft], accent),
    tint: mix(card, fill, 0.12),
    'on-tint': readableOn([mix(card, fill, 0.12)], accent),
  };
  return Object.entries(values)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');
}

const RULES = `*{box-sizing:border-box}
html{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;display:grid;align-content:center;justify-items:center;padding:24px 16px;background:var(--page);color:var(--text)}
main{width:100%;max-width:432px}
.brand{display:flex;align-items:center;gap:10px;margin:0 4px 16px;font-size:15px;font-weight:600}
.brand img{height:28px;max-width:160px}
.mark{display:grid;place-items:center;flex:none;width:28px;height:28px;border-radius:8px;background:var(--fill);color:var(--ink);font-size:14px;font-weight:700}
.card{padding:28px;border:1px solid var(--line);border-radius:16px;background:var(--card);box-shadow:var(--shadow)}
h1{margin:0;font-size:22px;line-height:1.3;font-weight:650;letter-spacing:-.01em;text-wrap:balance;overflow-wrap:anywhere}
h2{margin:20px 0 8px;font-size:14px;font-weight:600}
p{margin:0;overflow-wrap:anywhere}
bdi{overflow-wrap:anywhere}
.lead{margin-top:6px;color:var(--muted);font-size:15px}
.lead strong{color:var(--text);font-weight:600}
.app{display:flex;align-items:center;gap:14px}
.app>div{min-width:0}
.tile{display:grid;place-items:center;flex:none;width:48px;height:48px;border-radius:13px;background:var(--tint);color:var(--on-tint);font-size:21px;font-weight:700}
.app .lead{margin-top:2px}
.field{margin-top:18px}
label{display:block;margin-bottom:6px;font-size:14px;font-weight:600}
.hint{margin-top:6px;color:var(--muted);font-size:14px}
input[type=text],input[type=password]{display:block;width:100%;height:44px;padding:0 13px;border:1px solid var(--edge);border-radius:10px;background:var(--card);color:inherit;font:inherit}
input.code{height:60px;font:600 25px/1 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;letter-spacing:.16em;text-align:center;text-transform:uppercase}
input[aria-invalid=true]{border-color:var(--bad)}
button{min-height:44px;padding:0 18px;border:1px solid transparent;border-radius:10px;background:none;color:inherit;font:inherit;font-weight:600;cursor:pointer}
.primary{border-color:var(--fill);background:var(--fill);color:var(--ink)}
.primary:hover{border-color:var(--fill-over);background:var(--fill-over)}
.secondary{border-color:var(--edge)}
.secondary:hover{background:var(--soft)}
.wide{width:100%;margin-top:22px}
.actions{display:flex;gap:12px;margin-top:22px}
.actions button{flex:1}
.inline{min-height:24px;font-weight:500;padding:0;border:0;border-radius:4px;color:var(--link);font-size:14px;text-decoration:underline;text-underline-offset:3px}
a{color:var(--link);text-underline-offset:2px;border-radius:4px}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.scopes{margin:0;padding:0;list-style:none}
.scopes li{position:relative;padding:3px 0 3px 28px;overflow-wrap:anywhere}
.scopes svg{position:absolute;left:1px;top:7px;width:17px;height:17px;color:var(--link)}
dl{margin:18px 0 0;border:1px solid var(--line);border-radius:12px;background:var(--soft);font-size:14px}
dl>div{display:flex;gap:12px;align-items:baseline;padding:9px 14px}
dl>div+div{border-top:1px solid var(--line)}
dt{flex:none;width:112px;color:var(--muted)}
dd{flex:1;min-width:0;margin:0;font-weight:600;overflow-wrap:anywhere}
dd form{display:inline}
dd.split{display:flex;flex-wrap:wrap;gap:0 10px;justify-content:space-between}
.shown{margin-top:18px;padding:14px;border:1px solid var(--line);border-radius:12px;background:var(--soft);text-align:center;font:600 25px/1.3 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;letter-spacing:.14em}
.note{margin-top:14px;color:var(--muted);font-size:14px}
.alert{margin-top:18px;padding:11px 14px;border:1px solid var(--bad);border-radius:10px;background:var(--bad-soft);color:var(--bad);font-size:14px;font-weight:600}
.seal{display:grid;place-items:center;width:48px;height:48px;margin-bottom:16px;border-radius:50%;background:var(--tint);color:var(--on-tint)}
.seal svg{width:24px;height:24px}
.seal.bad{background:var(--bad-soft);color:var(--bad)}
.notice{display:flex;gap:10px;align-items:flex-start;margin-top:18px;padding:11px 14px;border-radius:10px;background:var(--tint);color:var(--on-tint);font-size:14px;font-weight:600}
.notice svg,.state svg{flex:none;width:18px;height:18px;margin-top:2px}
section{margin-top:26px}
section h2{margin:0 0 8px;font-size:16px}
.connection{margin-top:12px;padding:16px;border:1px solid var(--line);border-radius:12px;background:var(--soft)}
.account{font-weight:600}
.state{display:flex;gap:8px;align-items:flex-start;margin-top:6px;font-size:14px;font-weight:600;color:var(--link)}
.state.bad{color:var(--bad)}
.why{margin-top:6px;font-size:14px}
.deeds{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center;margin-top:14px}
.deeds button:not(.inline){min-height:40px;padding:0 12px;font-size:14px}
section>form .wide{margin-top:14px}
.foot{margin-top:26px;padding-top:16px;border-top:1px solid var(--line);color:var(--muted);font-size:14px}
.foot strong{color:var(--text);font-weight:600}
a.button{display:grid;place-items:center;flex:1;min-height:44px;padding:0 18px;border:1px solid var(--edge);border-radius:10px;color:inherit;font-weight:600;text-decoration:none}
a.button:hover{background:var(--soft)}
.danger{border-color:var(--bad);background:var(--bad);color:var(--card)}
.danger:hover{border-color:var(--bad);background:var(--bad);filter:brightness(.92)}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
details{margin-top:18px;padding-top:14px;border-top:1px solid var(--line);color:var(--muted);font-size:14px}
summary{cursor:pointer;font-weight:600;border-radius:4px}
details p{margin-top:8px}
@media (max-width:400px){.card{padding:22px 18px}dl>div{display:block}.actions{flex-direction:column-reverse}.actions button{flex:none}}`;
