/** A self-contained HTML page: no network, no script, light and dark, screen, phone and paper. */
import { element, escapeText, safeJson } from './markup.js';
import { styleSheet } from './style.js';
import { isNumericColumn } from './table.js';

/** A part of the page with a heading of its own; `body` is markup from the functions of this file. */
export interface PageSection {
  readonly heading: string;
  readonly body: string;
}

/** One number worth reading from across the room. */
export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly detail: string;
}

/** What a page consists of. All strings are text, except the section bodies. */
export interface PageOptions {
  /** Browser tab and history. */
  readonly title: string;
  /** Small line above the headline. */
  readonly kicker: string;
  readonly headline: string;
  readonly summary: string;
  readonly tiles: readonly Tile[];
  readonly sections: readonly PageSection[];
  /** Links to the sections, below the numbers; false by default. */
  readonly contents?: boolean;
  /** Embedded as JSON in `<script id="result" type="application/json">`, for programs. */
  readonly data: unknown;
}

/** Keeps a number and its unit on one line. */
const bound = (text: string) => text.replace(/(\d) (%|us|µs|ms|s|B|kB|MB|GB)(?![\w])/g, '$1\u00a0$2');

/** A paragraph of text. */
export function paragraph(text: string): string {
  return element('p', {}, escapeText(bound(text)));
}

/** A table in a box that scrolls sideways when narrow: a group, as landmarks need names of their own. The first row is the header, the first cell names its row. */
export function htmlTable(caption: string, rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const isRight = (j: number) => j > 0 && isNumericColumn(body.map((row) => row[j] ?? ''));
  const classes = head.map((_, j) => (isRight(j) ? 'right' : undefined));
  const cell = (text: string, j: number) =>
    j === 0
      ? element('th', { scope: 'row', class: classes[j] }, escapeText(bound(text)))
      : element('td', { class: classes[j] }, escapeText(bound(text)));
  const header = head.map((text, j) =>
    text === ''
      ? element('td', {})
      : element('th', { scope: 'col', class: classes[j] }, escapeText(bound(text))),
  );
  const content = element(
    'table',
    {},
    element('caption', {}, element('span', {}, escapeText(caption))),
    element('thead', {}, element('tr', {}, ...header)),
    element(
      'tbody',
      {},
      ...body.map((row) => element('tr', {}, ...head.map((_, j) => cell(row[j] ?? '', j)))),
    ),
  );
  return element('div', { class: 'scroll', role: 'group', tabindex: 0, 'aria-label': caption }, content);
}

/** View-box widths of charts: about their display size, so that text stays readable on both. */
const chartWidths = { wide: 760, narrow: 360 } as const;

/** A chart, drawn once for screens and once for phones: the style sheet shows one. */
export function wideAndNarrow(draw: (width: number) => string): string {
  return (
    element('div', { class: 'wide' }, draw(chartWidths.wide)) +
    element('div', { class: 'narrow' }, draw(chartWidths.narrow))
  );
}

/** The same with a caption. */
export function figure(draw: (width: number) => string, caption = ''): string {
  return element(
    'figure',
    {},
    wideAndNarrow(draw),
    caption === '' ? '' : element('figcaption', {}, escapeText(bound(caption))),
  );
}

/** Markup that is folded away until it is asked for. */
export function details(summary: string, body: string): string {
  return element('details', {}, element('summary', {}, escapeText(summary)), body);
}

/** Names with their values. */
export function factList(facts: readonly (readonly [name: string, value: string])[]): string {
  const items = facts.map(
    ([name, value]) => element('dt', {}, escapeText(name)) + element('dd', {}, escapeText(bound(value))),
  );
  return element('div', { class: 'card' }, element('dl', { class: 'facts' }, ...items));
}

/** Something to copy into a terminal. */
export function codeBlock(code: string): string {
  return element('pre', {}, element('code', {}, escapeText(code)));
}

function tileGrid(tiles: readonly Tile[]): string {
  const items = tiles.map(({ label, value, detail }) =>
    element(
      'div',
      { class: 'tile' },
      element('dt', {}, escapeText(label)),
      element('dd', { class: 'big' }, escapeText(bound(value))),
      element('dd', { class: 'small' }, escapeText(bound(detail))),
    ),
  );
  return items.length === 0 ? '' : element('dl', { class: 'tiles' }, ...items);
}

function contents(sections: readonly PageSection[]): string {
  const links = sections.map(({ heading }, i) =>
    element('li', {}, element('a', { href: `#section-${i + 1}` }, escapeText(heading))),
  );
  return element('nav', { 'aria-label': 'Contents' }, element('ul', { class: 'contents' }, ...links));
}

function head(title: string): string {
  // The policy makes "no network" a promise that the browser keeps, even if a value slipped through unescaped.
  const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
  return [
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    element('title', {}, escapeText(title)),
    `<style>\n${styleSheet}</style>`,
  ].join('\n');
}

/** The page as one string, ending in a newline. Equal options give equal bytes. */
export function page(options: PageOptions): string {
  const sections = options.sections.map(({ heading, body }, i) => {
    const id = `section-${i + 1}`;
    return element(
      'section',
      { 'aria-labelledby': id },
      element('h2', { id }, escapeText(heading)),
      '\n',
      body,
    );
  });
  const top = [
    element('p', { class: 'kicker' }, escapeText(options.kicker)),
    element('h1', {}, escapeText(bound(options.headline))),
    options.summary === '' ? '' : element('p', { class: 'summary' }, escapeText(bound(options.summary))),
    tileGrid(options.tiles),
    options.contents && options.sections.length > 1 ? contents(options.sections) : '',
  ];
  return [
    '<!doctype html>',
    '<html lang="en">',
    element('head', {}, '\n', head(options.title), '\n'),
    '<body>',
    element('header', {}, ...top),
    element('main', {}, '\n', sections.join('\n'), '\n'),
    '<footer class="muted">This page is complete in itself: it loads nothing and runs no script. The raw result is embedded as JSON in the element with the id “result”.</footer>',
    `<script type="application/json" id="result">${safeJson(options.data)}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}
