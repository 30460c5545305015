/** Lets the page or server breathe during long work. */

let channel: MessageChannel | undefined;
const waiting: (() => void)[] = [];

/** Resolves after other waiting work of the event loop had its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    // In pages and workers: a timer would wait four milliseconds each time, and longer behind other tabs.
    if (channel === undefined) {
      channel = new MessageChannel();
      channel.port1.onmessage = () => waiting.shift()?.();
    }
    waiting.push(resolve);
    channel.port2.postMessage(null);
  });
}

/** Milliseconds between pauses: most of a frame where there is a page to draw, else what a server's clients will not notice. */
const SLICE = typeof document === 'object' ? 12 : 40;

/** Returns a function that pauses when `millis` have passed since the last pause, else returns at once. */
export function pacer(millis = SLICE): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < millis) return undefined;
    return turn().then(() => {
      last = performance.now();
    });
  };
}
