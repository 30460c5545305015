/** What shrink() did, as data and as a table. */
import { withText } from './textTable.js';

/** One layer with parameters before and after shrink(). What was found in units that several layers share stands with the first. */
export interface ShrinkLayer {
  readonly name: string;
  readonly unitsBefore: number;
  readonly units: number;
  /** All values, pruned ones included. */
  readonly parametersBefore: number;
  readonly parameters: number;
  /** Of values, structure and moments. */
  readonly bytesBefore: number;
  readonly bytes: number;
  /** Units removed because no weight reads them. */
  readonly unread: number;
  /** Units removed because they never vary. */
  readonly constant: number;
  /** Of these, units that gave something other than 0: it was folded into the biases behind. */
  readonly folded: number;
  /**
   * Constant units that stay, because no bias can take their value: a layer that reads them has none, or has zeros around its image, or
   * layers read different values, or it is not finite.
   */
  readonly keptWithoutBias: number;
  /** True when the whole layer was dead, and one unit had to stay. */
  readonly keptAsLast: boolean;
}

/** What shrink() returns; `toString()` is the table. */
export interface ShrinkReport {
  readonly layers: readonly ShrinkLayer[];
  readonly parametersBefore: number;
  readonly parameters: number;
  readonly bytesBefore: number;
  readonly bytes: number;
  /** Features of the input that no weight reads, ascending. The input keeps its shape. */
  readonly unreadInputs: Uint32Array;
  toString(): string;
}

const header = ['layer', 'units', 'parameters', 'bytes', 'notes'];

const counted = (count: number, what: string) =>
  count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'}`];

const change = (before: number, after: number) =>
  before === after ? String(after) : `${before} -> ${after}`;

function notesOf({ unread, constant, folded, keptWithoutBias, keptAsLast }: ShrinkLayer): string {
  return [
    ...counted(unread, 'unread unit'),
    ...counted(constant, 'constant unit'),
    ...(folded > 0 ? [`${folded} folded into biases`] : []),
    ...(keptWithoutBias > 0 ? [`${keptWithoutBias} constant kept: no bias takes the value`] : []),
    ...(keptAsLast ? ['one dead unit kept: a layer needs one'] : []),
  ].join(', ');
}

/** The report of the layers, with totals and table. */
export function shrinkReport(layers: readonly ShrinkLayer[], unreadInputs: Uint32Array): ShrinkReport {
  const sum = (key: 'parametersBefore' | 'parameters' | 'bytesBefore' | 'bytes') =>
    layers.reduce((total, layer) => total + layer[key], 0);
  const total = {
    parametersBefore: sum('parametersBefore'),
    parameters: sum('parameters'),
    bytesBefore: sum('bytesBefore'),
    bytes: sum('bytes'),
  };
  const cells = [
    header,
    ...layers.map((layer) => [
      layer.name,
      change(layer.unitsBefore, layer.units),
      change(layer.parametersBefore, layer.parameters),
      change(layer.bytesBefore, layer.bytes),
      notesOf(layer),
    ]),
    [
      'total',
      '',
      change(total.parametersBefore, total.parameters),
      change(total.bytesBefore, total.bytes),
      '',
    ],
  ];
  const widths = header.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
  if (unreadInputs.length > 0) lines.push(`${counted(unreadInputs.length, 'input')[0]} read by no weight`);
  const text = lines.join('\n');
  return withText({ layers, ...total, unreadInputs }, () => text);
}
