// The reference of everything public, from its docstrings, as pages in build/docs; then every link in them is followed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const out = 'build/docs';
const typedoc = 'node_modules/typedoc/bin/typedoc';
const { status } = spawnSync(process.execPath, [typedoc, '--logLevel', 'Warn'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

const pages = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.html'),
);
const text = new Map(pages.map((page) => [resolve(out, page), readFileSync(join(out, page), 'utf8')]));
const anchors = new Map(
  [...text].map(([page, html]) => [page, new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))]),
);
const broken = [];
let links = 0;
for (const [page, html] of text) {
  for (const [, href] of html.matchAll(/\s(?:href|src)="([^"]+)"/g)) {
    if (/^(https?:|mailto:|data:)/.test(href)) continue;
    links++;
    const [path, anchor] = href.split('#');
    const target = path === '' ? page : resolve(dirname(page), decodeURIComponent(path));
    const there = existsSync(target) && (!anchor || !anchors.has(target) || anchors.get(target).has(anchor));
    if (!there) broken.push(`${page}: ${href}`);
  }
}
for (const each of broken) console.error(`docs: a link must lead somewhere, got ${each}`);
console.log(`${out}: ${pages.length} pages, ${links} links, ${broken.length} broken`);
process.exitCode = broken.length === 0 ? 0 : 1;
