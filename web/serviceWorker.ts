/**
 * Keeps the built site, so that it opens without a network. One cache a version, filled as a whole: pages never mix
 * versions, and a new one takes over when asked to, or when no page is open.
 */

/** Version, what the page needs to open, and the rest; put in by scripts/web.mjs. */
declare const SITE: {
  readonly version: string;
  readonly shell: readonly string[];
  readonly rest: readonly string[];
};

interface WaitingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends WaitingEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface MessageOf extends WaitingEvent {
  readonly data: unknown;
  readonly source: { postMessage(message: unknown): void } | null;
}
/** What of a service worker's global is used; the types at hand are those of pages. */
interface Scope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: WaitingEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageOf) => void): void;
}

const scope = self as unknown as Scope;
const PREFIX = 'espalier-playground-';
const cacheName = PREFIX + SITE.version;

/** Past the browser's own cache, which may hold files of another version. */
async function keep(files: readonly string[]): Promise<void> {
  const cache = await caches.open(cacheName);
  const missing: string[] = [];
  for (const file of files) if (!(await cache.match(file))) missing.push(file);
  await cache.addAll(missing.map((file) => new Request(file, { cache: 'no-cache' })));
}

async function removeOld(): Promise<void> {
  const old = (await caches.keys()).filter((key) => key.startsWith(PREFIX) && key !== cacheName);
  await Promise.all(old.map((key) => caches.delete(key)));
}

/** The page asks past all caches for what came as something else: that is kept no longer either. */
async function renew(cache: Cache, request: Request): Promise<Response> {
  const response = await fetch(request);
  if (response.ok) await cache.put(request, response.clone());
  return response;
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  if (request.cache === 'reload' && request.mode !== 'navigate') return renew(cache, request);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}

scope.addEventListener('install', (event) => event.waitUntil(keep(SITE.shell)));
scope.addEventListener('activate', (event) => event.waitUntil(removeOld().then(() => scope.clients.claim())));
scope.addEventListener('message', (event) => {
  if (event.data === 'take over') event.waitUntil(scope.skipWaiting());
  if (event.data === 'keep everything') {
    event.waitUntil(keep(SITE.rest).then(() => event.source?.postMessage('kept everything')));
  }
});
scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const ours = request.method === 'GET' && request.url.startsWith(scope.registration.scope);
  if (ours) event.respondWith(answer(request));
});
