/** WebKitGTK, which has the engine of Safari, by its WebKitWebDriver. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { missingDisplay, openDisplay } from './display.js';
import type { Engine, Kind, Tab } from './tab.js';
import { type Session, startSession } from './webDriver.js';

const driver = '/usr/bin/WebKitWebDriver';
const browser = ['4.1', '4.0', '6.0']
  .map((version) => `/usr/lib/x86_64-linux-gnu/webkit2gtk-${version}/MiniBrowser`)
  .find((file) => existsSync(file));
const missing =
  existsSync(driver) && browser ? missingDisplay : 'no WebKitGTK is installed (webkit2gtk-driver)';

/** Keys without a character, as WebDriver names them. */
const keys: Readonly<Record<string, string>> = {
  Tab: '\uE004',
  Enter: '\uE007',
  End: '\uE010',
  Home: '\uE011',
  Delete: '\uE017',
};

/** Tells by way of a callback what an expression gives or throws; as text, since the driver would sort the keys of objects. */
const asScript = (expression: string) => `
  const done = arguments[arguments.length - 1];
  const failed = (error) => done({ error: String(error) });
  try {
    Promise.resolve(${expression}).then((value) => done({ value: JSON.stringify(value) }), failed);
  } catch (error) {
    failed(error);
  }`;

async function evaluate<T>(session: Session, expression: string): Promise<T> {
  const script = { script: asScript(expression), args: [] };
  const outcome = await session.send<{ value?: string; error?: string }>('execute/async', script);
  if (outcome.error !== undefined) throw new Error(outcome.error);
  return (outcome.value === undefined ? undefined : JSON.parse(outcome.value)) as T;
}

async function open(session: Session, address: string): Promise<void> {
  await session.send('url', { url: address });
  const listen = (event: string, of: string) =>
    `addEventListener('${event}', (event) => complaints.push(String(event.${of})))`;
  await evaluate(
    session,
    `(globalThis.complaints = [], ${listen('error', 'message')}, ${listen('unhandledrejection', 'reason')})`,
  );
}

/** The window is larger than the page in it by the browser's own bars. */
async function resize(session: Session, width: number, height: number): Promise<void> {
  const inner = await evaluate<[number, number]>(session, '[innerWidth, innerHeight]');
  const outer = await session.send<{ width: number; height: number }>('window/rect');
  const larger = { width: outer.width + width - inner[0], height: outer.height + height - inner[1] };
  await session.send('window/rect', larger);
}

async function drag(session: Session, points: readonly (readonly [number, number])[]): Promise<void> {
  const moves = points.map(([x, y]) => ({
    type: 'pointerMove',
    duration: 0,
    x: Math.round(x),
    y: Math.round(y),
  }));
  const [down, up] = ['pointerDown', 'pointerUp'].map((type) => ({ type, button: 0 }));
  const actions = [moves[0], down, ...moves.slice(1), up];
  await session.send('actions', { actions: [{ type: 'pointer', id: 'mouse', actions }] });
}

async function press(session: Session, key: string): Promise<void> {
  const value = keys[key] ?? key;
  const actions = ['keyDown', 'keyUp'].map((type) => ({ type, value }));
  await session.send('actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
}

function tabOf(session: Session): Tab {
  return {
    complaints: () => evaluate(session, 'complaints'),
    open: (address) => open(session, address),
    evaluate: (expression) => evaluate(session, expression),
    resize: (width, height) => resize(session, width, height),
    drag: (points) => drag(session, points),
    press: (key) => press(session, key),
    screenshot: async () => Buffer.from(await session.send<string>('screenshot'), 'base64'),
    close: () => session.close(),
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  return port;
}

/** The address of a driver, once it answers, and a way to end it. */
async function startDriver(display: string): Promise<{ address: string; close(): void }> {
  const port = await freePort();
  const env = { ...process.env, DISPLAY: display };
  const child = spawn(driver, ['-p', String(port)], { env, stdio: 'ignore' });
  const address = `http://127.0.0.1:${port}`;
  const ready = () =>
    fetch(`${address}/status`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await ready())) await wait(50);
  return { address, close: () => void child.kill() };
}

/** The driver has one window at a time: a tab is a browser of its own, and to be closed before the next. */
async function launch(): Promise<Engine> {
  const display = await openDisplay();
  const { address, close } = await startDriver(display.name);
  const start = () =>
    startSession(address, { 'webkitgtk:browserOptions': { binary: browser, args: ['--automation'] } });
  const first = await start();
  await first.close();
  return {
    version: first.capabilities.browserVersion,
    tab: async () => tabOf(await start()),
    async close() {
      close();
      display.close();
    },
  };
}

export const webkit: Kind = { name: 'WebKit', missing, launch };
