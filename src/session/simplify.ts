/** Removes from a network what cannot change its outputs: unread inputs, dead units, constant units. */
import type { Engine } from '../runtime/engine.js';
import type { Op, ProductOp } from './lower.js';
import { type Chain, chainOf, type Link, sizeLeft } from './simplify/chain.js';
import { foldConstants } from './simplify/fold.js';
import { columnsRead, isFull, placesIn } from './simplify/zeros.js';
import type { Weight } from './weight.js';

/** Operations that give the same outputs, with less to do. */
export interface Simplified {
  /** Those that did not change are the ones given. */
  readonly ops: readonly Op[];
  /** Inputs of the network that the operations take, ascending, at least one; null when they take all. */
  readonly liveInputs: Uint32Array | null;
  /** By node index of a product: which of its inputs and units went. */
  readonly notes: ReadonlyMap<number, string>;
}

/**
 * Drops inputs and units that no weight reads, back to front: what only a dropped unit read goes as well. Should a
 * layer lose all its units, one of zeros stands for them; should all inputs go unread, the first stays.
 */
function dropUnread(engine: Engine, { products, links }: Chain): void {
  for (let i = products.length - 1; i >= 0; i--) {
    const [op, link] = [products[i]!, links[i]!];
    if (link.fixed) continue;
    const read = columnsRead(engine, {
      weight: op.weight,
      rows: links[i + 1]!.live,
      cols: link.live,
    });
    link.live = i === 0 && read.length === 0 ? Uint32Array.of(0) : read;
    link.unread = link.size - link.live.length;
  }
}

/** The live rows and columns of a product, as a new operation; the same one when all stayed. */
function shrunk(op: ProductOp, rows: Link, cols: Link, bias: Float32Array | null): ProductOp {
  const [liveRows, liveCols] = [rows.live, cols.live];
  const { weight } = op;
  const stays = liveRows.length === weight.rows && liveCols.length === weight.cols;
  if (stays) return bias === op.bias ? op : { ...op, bias };
  const biasLeft = bias === null || liveRows.length === 0 ? null : gather(bias, liveRows);
  return { ...op, weight: part(weight, rows, cols), bias: biasLeft };
}

/** Those rows and columns of a matrix; one of zeros where none are left. */
function part(weight: Weight, rows: Link, cols: Link): Weight {
  if (rows.live.length === 0) return weight.zeros(1, sizeLeft(cols));
  return weight.part(rows.live, placesIn(cols.live, weight.cols), sizeLeft(cols));
}

function gather(values: Float32Array, indices: Uint32Array): Float32Array {
  const chosen = new Float32Array(indices.length);
  for (let i = 0; i < indices.length; i++) chosen[i] = values[indices[i]!]!;
  return chosen;
}

/** All operations again, in their order. */
function assemble({ products, links, biases }: Chain): Op[] {
  const ops: Op[] = [];
  links.forEach((link, i) => {
    if (i > 0) ops.push(shrunk(products[i - 1]!, link, links[i - 1]!, biases[i - 1]!));
    const size = sizeLeft(link);
    for (const op of link.elementwise) ops.push(size === link.size ? op : { ...op, size });
  });
  return ops;
}

const counted = (count: number, what: string) =>
  count === 0 ? [] : [`${count} ${what}${count === 1 ? '' : 's'}`];

/** `312 unread inputs, 5 dead units and 2 constant units dropped`; empty when nothing went. */
function noteOf(inputs: Link | null, units: Link): string {
  const parts = [
    ...counted(inputs?.unread ?? 0, 'unread input'),
    ...counted(units.unread, 'dead unit'),
    ...counted(units.constant, 'constant unit'),
  ];
  if (parts.length === 0) return '';
  const last = parts.pop()!;
  const list = parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
  return `${list} dropped${units.live.length === 0 ? ', one of zeros kept' : ''}`;
}

function notesOf({ products, links }: Chain): Map<number, string> {
  const notes = new Map<number, string>();
  products.forEach(({ node }, i) => {
    const note = noteOf(i === 0 ? links[0]! : null, links[i + 1]!);
    if (note !== '') notes.set(node.index, note);
  });
  return notes;
}

/**
 * Removes what cannot change the outputs of a network: inputs that no weight reads; hidden units that no weight reads
 * (dead); hidden units that have no weight of their own (constant: folded into the next bias). Units before a layer
 * that couples them stay, and so do outputs. One pass back and one forth find all: dropping unread features makes
 * others unread only further front, folding makes others constant only further back.
 *
 * The arrays of `ops` are never written to. A NaN or infinity is not zero, so it stays; one that the input brings to
 * a place that went is dropped with it, as sparse formats drop it.
 */
export function simplify(engine: Engine, ops: readonly Op[]): Simplified {
  if (ops.every((op) => op.kind === 'elementwise' || isFull(op.weight))) {
    return { ops, liveInputs: null, notes: new Map() };
  }
  const chain = chainOf(ops);
  dropUnread(engine, chain);
  foldConstants(engine, chain);
  const notes = notesOf(chain);
  const inputs = chain.links[0]!;
  return {
    ops: notes.size === 0 ? ops : assemble(chain),
    liveInputs: chain.products.length > 0 && inputs.live.length < inputs.size ? inputs.live : null,
    notes,
  };
}
