/** What went wrong, at the head of the page, until the same works. */
import { byId, make } from './dom.js';

/** What the page could not do. */
export type Topic = 'model' | 'digits';

const wrong = new Map<Topic, string>();

function show(): void {
  const banner = byId('banner', HTMLElement);
  banner.replaceChildren(...[...wrong.values()].map((message) => make('p', '', message)));
  banner.hidden = wrong.size === 0;
}

/** Says what went wrong, in place of what was said of that before. */
export function fail(topic: Topic, error: unknown): void {
  wrong.set(topic, error instanceof Error ? error.message : String(error));
  show();
}

/** Takes back what was said: it works now. */
export function works(topic: Topic): void {
  if (wrong.delete(topic)) show();
}
