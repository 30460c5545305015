/** The Firefox that is installed, by Puppeteer over WebDriver BiDi. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dragMouse, type Kind, type Tab } from './tab.js';

/** As much of Puppeteer as is used: its types are not there unless it was installed. */
interface Page {
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): void;
  on(event: 'pageerror', listener: (error: Error) => void): void;
  goto(address: string): Promise<unknown>;
  evaluate(expression: string): Promise<unknown>;
  setViewport(size: { width: number; height: number }): Promise<void>;
  readonly mouse: {
    move(x: number, y: number): Promise<void>;
    down(): Promise<void>;
    up(): Promise<void>;
  };
  readonly keyboard: { press(key: string): Promise<void> };
  screenshot(): Promise<Uint8Array>;
}
interface Context {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}
interface Puppeteer {
  launch(options: object): Promise<{
    version(): Promise<string>;
    createBrowserContext(): Promise<Context>;
    close(): Promise<void>;
  }>;
}

const library = resolve('test/browsers/node_modules/puppeteer-core/lib/esm/puppeteer/puppeteer-core.js');
const named = process.env.FIREFOX;
const usual = ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/usr/lib64/firefox/firefox'];
const path = [...(named ? [named] : []), ...usual].find((file) => existsSync(file));

function missing(): string | undefined {
  if (path === undefined) return 'no Firefox is installed (set FIREFOX to its path)';
  return existsSync(library) ? undefined : 'npm ci --prefix test/browsers was not run';
}

async function tabOf(context: Context): Promise<Tab> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warn', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return {
    complaints: async () => complaints,
    open: async (address) => void (await page.goto(address)),
    evaluate: <T>(expression: string) => page.evaluate(expression) as Promise<T>,
    resize: (width, height) => page.setViewport({ width, height }),
    drag: (points) => dragMouse(page.mouse, points),
    press: (key) => page.keyboard.press(key),
    screenshot: () => page.screenshot(),
    close: () => context.close(),
  };
}

export const firefox: Kind = {
  name: 'Firefox',
  missing: missing(),
  async launch() {
    const { default: puppeteer } = (await import(pathToFileURL(library).href)) as { default: Puppeteer };
    const browser = await puppeteer.launch({ browser: 'firefox', executablePath: path, headless: true });
    const version = (await browser.version()).replace(/^firefox\//, '');
    return {
      version,
      tab: async () => tabOf(await browser.createBrowserContext()),
      close: () => browser.close(),
    };
  },
};
