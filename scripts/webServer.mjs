// A small static server for the playground: right types, a strict policy, nothing cached, nothing outside its folder.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.wasm': 'application/wasm',
};

/** As in the page itself; a header also covers workers. */
const policy =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; base-uri 'none'; form-action 'none'; " +
  "object-src 'none'; frame-ancestors 'none'";

function pathOf(folder, url) {
  const name = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  const path = normalize(join(folder, name.endsWith('/') ? `${name}index.html` : name));
  return path.startsWith(folder + sep) ? path : null;
}

async function answer(folder, policyOf, request, response) {
  const head = {
    'Content-Security-Policy': policyOf(request.url),
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
  };
  try {
    const path = pathOf(folder, request.url);
    if (!path) throw new Error('outside');
    const bytes = await readFile(path);
    const type = types[extname(path)];
    const zip = type !== undefined && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    const body = zip ? gzipSync(bytes, { level: 1 }) : bytes;
    if (zip) head['Content-Encoding'] = 'gzip';
    response.writeHead(200, {
      ...head,
      'Content-Type': type ?? 'application/octet-stream',
      'Content-Length': body.length,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  } catch {
    response.writeHead(404, { ...head, 'Content-Type': 'text/plain' });
    response.end('not found');
  }
}

/** Serves a folder on this machine; port 0 takes a free one. Resolves with the address and a way to end it. */
export function serve(folder, port, policyOf = () => policy) {
  const server = createServer((request, response) => answer(folder, policyOf, request, response));
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      const close = () =>
        new Promise((closed) => {
          server.close(closed);
          server.closeAllConnections();
        });
      done({ address: `http://localhost:${server.address().port}/`, close });
    });
  });
}
