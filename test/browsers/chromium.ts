/** Chromium, by Playwright. */
import type { Browser } from 'playwright-core';
import { browserPath, launchBrowser } from '../support/runtimes.js';
import { dragMouse, type Kind, type Tab } from './tab.js';

async function tabOf(browser: Browser): Promise<Tab> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return {
    complaints: async () => complaints,
    open: async (address) => void (await page.goto(address)),
    evaluate: (expression) => page.evaluate(expression),
    resize: (width, height) => page.setViewportSize({ width, height }),
    drag: (points) => dragMouse(page.mouse, points),
    press: (key) => page.keyboard.press(key),
    screenshot: () => page.screenshot(),
    close: () => context.close(),
  };
}

export const chromium: Kind = {
  name: 'Chromium',
  missing: browserPath() ? undefined : 'no Chromium is installed (set CHROMIUM to its path)',
  async launch() {
    const browser = await launchBrowser();
    return { version: browser.version(), tab: () => tabOf(browser), close: () => browser.close() };
  },
};
