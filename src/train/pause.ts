/** Lets the page or server breathe during long work. */

/** Resolves after other waiting work of the event loop had its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/** Returns a function that pauses when `millis` have passed since the last pause, else returns at once. */
export function pacer(millis = 40): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < millis) return undefined;
    return turn().then(() => {
      last = performance.now();
    });
  };
}
