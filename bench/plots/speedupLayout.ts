/** Sizes of the speed-up plot, for a wide and a narrow display, and where its blocks go. */
import { textWidth, wrapText } from '../../src/report/svg.js';

/** Sizes in view-box units, which are about pixels at the display the layout is for. */
export interface Sizes {
  /** Class that the style sheet shows or hides. */
  readonly name: 'wide' | 'narrow';
  readonly width: number;
  readonly font: number;
  readonly title: number;
  readonly padding: number;
  /** Between panels. */
  readonly gutter: number;
  /** Least height of a panel's frame. */
  readonly frame: number;
  readonly dot: number;
  /** Room for names below the slowest engine, as a factor. */
  readonly footroom: number;
}

/** A column of text in a README, and a phone. */
export const sizes = {
  wide: {
    name: 'wide',
    width: 860,
    font: 13,
    title: 18,
    padding: 22,
    gutter: 26,
    frame: 240,
    dot: 4.5,
    footroom: 1.6,
  },
  narrow: {
    name: 'narrow',
    width: 400,
    font: 9.5,
    title: 12.5,
    padding: 9,
    gutter: 14,
    frame: 142,
    dot: 3,
    footroom: 2.5,
  },
} as const satisfies Record<string, Sizes>;

/** Two panels a row: four in a row would be too narrow for names, one a row too tall for a screen. */
export const columns = 2;

/** How the lines of the plot are drawn, with the words for them; `short` where `text` would take a second row. */
const keys = [
  { kind: 'ours', text: 'Espalier, sparse', short: 'Espalier' },
  { kind: 'ideal', text: 'ideal: 1/density', short: 'ideal: 1/density' },
  { kind: 'one', text: 'Espalier, dense', short: 'its dense engine' },
  { kind: 'peer', text: 'other engines, dense', short: 'other engines' },
] as const;

/** A key at its place. */
export interface PlacedKey {
  readonly kind: (typeof keys)[number]['kind'];
  readonly text: string;
  readonly x: number;
}

/** Length of the sample of a line in the key. */
export const keySample = (at: Sizes) => at.font * 1.5;

/** The keys in one row. */
function placeKeys(at: Sizes): PlacedKey[] {
  const row = (length: 'text' | 'short') => {
    let x = at.padding;
    return keys.map((key) => {
      const placed = { kind: key.kind, text: key[length], x };
      // These words are known, and known to be narrower than the estimate.
      x += keySample(at) + at.font * 1.5 + textWidth(key[length], at.font) * 0.9;
      return { placed, end: x - at.font };
    });
  };
  const long = row('text');
  const fits = long[long.length - 1]!.end <= at.width - at.padding;
  return (fits ? long : row('short')).map(({ placed }) => placed);
}

/** Texts broken into lines, and the heights of what stands around the frames. */
export interface Blocks {
  readonly title: readonly string[];
  readonly keys: readonly PlacedKey[];
  readonly machine: readonly string[];
  /** From the upper edge to the first frame. */
  readonly head: number;
  /** Below the last frame: ticks, name of x, machine. */
  readonly foot: number;
}

/** Measures the blocks of a layout. */
export function measure(title: string, machine: string, at: Sizes): Blocks {
  const room = at.width - 2 * at.padding;
  const line = at.font * 1.4;
  const titleLines = wrapText(title, room, at.title);
  const machineLines = wrapText(machine, room, at.font);
  return {
    title: titleLines,
    keys: placeKeys(at),
    machine: machineLines,
    head: at.padding + titleLines.length * at.title * 1.35 + at.font * 2.7,
    foot: at.font * 3.6 + machineLines.length * line + at.padding,
  };
}

/** Height of all that is not a frame, for so many rows of panels. */
export function surroundings(blocks: Blocks, at: Sizes, rows: number): number {
  return blocks.head + (rows - 1) * at.gutter + blocks.foot;
}
