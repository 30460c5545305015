/** Keeps what an engine does to the global object from the engines after it. */

/**
 * Runs `work`, then puts the named globals back as they were, absent ones too.
 *
 * @template T
 * @param {string[]} names
 * @param {() => T | Promise<T>} work
 */
export async function keepingGlobals(names, work) {
  const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  try {
    return await work();
  } finally {
    for (const [i, name] of names.entries()) {
      const descriptor = before[i];
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    }
  }
}
