/** What the tests need of a browser, whichever drives it. */

/** One page. Coordinates are CSS pixels from the upper left corner of the window. */
export interface Tab {
  /**
   * What the page complained of: errors nobody caught, and console messages that are warnings or errors. WebKit's driver
   * tells of none: there it is errors alone, after the page has loaded.
   */
  complaints(): Promise<readonly string[]>;
  open(address: string): Promise<void>;
  /** The value of an expression in the page, awaited if it is a promise. */
  evaluate<T>(expression: string): Promise<T>;
  resize(width: number, height: number): Promise<void>;
  /** Moves the mouse there, with its button down from the first point to the last. */
  drag(points: readonly (readonly [number, number])[]): Promise<void>;
  /** Presses a key by the name that `KeyboardEvent.key` gives it. */
  press(key: string): Promise<void>;
  /** PNG of what is seen. */
  screenshot(): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Moves a mouse along points with its button down. */
export async function dragMouse(
  mouse: { move(x: number, y: number): Promise<void>; down(): Promise<void>; up(): Promise<void> },
  points: readonly (readonly [number, number])[],
): Promise<void> {
  for (const [i, [x, y]] of points.entries()) {
    await mouse.move(x, y);
    if (i === 0) await mouse.down();
  }
  await mouse.up();
}

export interface Engine {
  /** Such as `153.7.0`. */
  readonly version: string;
  tab(): Promise<Tab>;
  close(): Promise<void>;
}

/** A kind of browser: how to start it, or why it cannot be. */
export interface Kind {
  readonly name: 'Chromium' | 'Firefox' | 'WebKit';
  /** What is missing; undefined if it can be started. */
  readonly missing: string | undefined;
  launch(): Promise<Engine>;
}
