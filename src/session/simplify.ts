/** Removes from a network what cannot change its outputs: unread inputs, dead units, constant units. */

import { NETWORK_INPUT } from '../graph/graph.js';
import type { Engine } from '../runtime/engine.js';
import type { Op, ProductOp } from './ops.js';
import { type Chain, type ChainOp, chainOf, type Link, sizeLeft } from './simplify/chain.js';
import { channelLinks, dropUnreadChannels, dropZeroChannels, withoutChannels } from './simplify/channels.js';
import { foldConstants } from './simplify/fold.js';
import { columnsRead, gather, isFull, placesIn } from './simplify/zeros.js';
import { counted, dropped } from './text.js';
import type { Weight } from './weight.js';

/** Operations that give the same outputs, with less to do. */
export interface Simplified {
  /** Those that did not change are the ones given. */
  readonly ops: readonly Op[];
  /** Inputs of the network that the operations take, ascending, at least one; null when they take all. */
  readonly liveInputs: Uint32Array | null;
  /** By node index of a layer with a weight: which of its inputs and units, or channels, went. */
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

/** All operations again, in their order. */
function assemble({ products, links, biases }: Chain): ChainOp[] {
  const ops: ChainOp[] = [];
  links.forEach((link, i) => {
    if (i > 0) ops.push(shrunk(products[i - 1]!, link, links[i - 1]!, biases[i - 1]!));
    const size = sizeLeft(link);
    for (const op of link.elementwise) ops.push(size === link.size ? op : { ...op, size });
  });
  return ops;
}

function notesOf({ products, links }: Chain): Map<number, string> {
  const notes = new Map<number, string>();
  products.forEach(({ node }, i) => {
    const [inputs, units] = [links[i]!, links[i + 1]!];
    const parts = [
      ...(i === 0
        ? counted(inputs.unread, 'unread input')
        : counted(inputs.size - sizeLeft(inputs), 'input')),
      ...counted(units.unread, 'dead unit'),
      ...counted(units.constant, 'constant unit'),
    ];
    const none = units.live.length === 0 ? ', one of zeros kept' : '';
    if (parts.length > 0) notes.set(node.index, dropped(parts) + none);
  });
  return notes;
}

/** Operations that follow one another, each read by the next one only. */
interface Stretch {
  readonly first: number;
  readonly ops: readonly ChainOp[];
}

const inChain = (op: Op | undefined): op is ChainOp => op?.kind === 'product' || op?.kind === 'elementwise';

/** Cuts operations into stretches of products and what lies between them; others are left out. */
function stretchesOf(ops: readonly Op[]): Stretch[] {
  const readers = ops.map(() => 0);
  for (const { from } of ops) for (const at of from) if (at >= 0) readers[at]!++;
  const stretches: { first: number; ops: ChainOp[] }[] = [];
  ops.forEach((op, i) => {
    if (!inChain(op)) return;
    const last = stretches.at(-1);
    const follows =
      last && last.first + last.ops.length === i && op.from[0] === i - 1 && readers[i - 1] === 1;
    if (follows) last.ops.push(op);
    else stretches.push({ first: i, ops: [op] });
  });
  return stretches;
}

/** What is left of one stretch. */
interface Part {
  readonly ops: readonly ChainOp[];
  readonly liveInputs: Uint32Array | null;
  readonly notes: ReadonlyMap<number, string>;
}

function simplifyStretch(engine: Engine, ops: readonly ChainOp[], inner: boolean): Part {
  if (ops.every((op) => op.kind === 'elementwise' || isFull(op.weight))) {
    return { ops, liveInputs: null, notes: new Map() };
  }
  const chain = chainOf(ops, inner);
  dropUnread(engine, chain);
  foldConstants(engine, chain);
  const notes = notesOf(chain);
  const inputs = chain.links[0]!;
  const fewer = chain.products.length > 0 && inputs.live.length < inputs.size;
  return { ops: notes.size === 0 ? ops : assemble(chain), liveInputs: fewer ? inputs.live : null, notes };
}

/** Inputs and units of products. */
function dropFeatures(engine: Engine, ops: readonly Op[]): Simplified {
  const left = [...ops];
  const notes = new Map<number, string>();
  let liveInputs: Uint32Array | null = null;
  const takesInput = ops.filter(({ from }) => from.includes(NETWORK_INPUT)).length;
  for (const { first, ops: given } of stretchesOf(ops)) {
    const inner = first > 0 || takesInput > 1;
    const part = simplifyStretch(engine, given, inner);
    left.splice(first, given.length, ...part.ops);
    for (const [index, note] of part.notes) notes.set(index, note);
    if (!inner) liveInputs = part.liveInputs;
  }
  return { ops: notes.size === 0 ? ops : left, liveInputs, notes };
}

/** Channels of convolutions. */
function dropChannels(engine: Engine, ops: readonly Op[]): Pick<Simplified, 'ops' | 'notes'> {
  const links = channelLinks(ops);
  dropUnreadChannels(engine, ops, links);
  const read = links.map(({ live }) => live.length);
  dropZeroChannels(engine, ops, links);
  const parts = ops.map((): string[] => []);
  links.forEach(({ maker, reader, channels, run, live }, i) => {
    parts[maker]!.push(
      ...counted(channels - read[i]!, 'dead channel'),
      ...counted(read[i]! - live.length, 'channel', ' of zeros'),
    );
    const gone = channels - live.length;
    const inputs =
      ops[reader]!.kind === 'product' ? counted(gone * run, 'input') : counted(gone, 'input channel');
    parts[reader]!.push(...inputs);
  });
  const notes = new Map<number, string>();
  ops.forEach(({ node }, i) => {
    if (parts[i]!.length > 0) notes.set(node.index, dropped(parts[i]!));
  });
  return { ops: notes.size === 0 ? ops : withoutChannels(ops, links), notes };
}

/**
 * Removes what cannot change the outputs of a network: inputs that no weight reads; hidden units that no weight reads
 * (dead); hidden units that have no weight of their own (constant: folded into the next bias). Units before a layer
 * that couples them stay, and so do outputs, and what branches read. One pass back and one forth find
 * all: dropping unread features makes others unread only further front, folding makes others constant only further back.
 *
 * Of convolutions in one group, channels go that the next weight does not read, or that are 0 whatever comes in, with what activations,
 * pooling and batch normalization make of them; inputs, branches and other groups stay.
 *
 * The arrays of `ops` are never written to. A NaN or infinity is not zero, so it stays; one that the input brings to
 * a place that went is dropped with it, as sparse formats drop it.
 */
export function simplify(engine: Engine, ops: readonly Op[]): Simplified {
  const once = dropFeatures(engine, ops);
  const channels = dropChannels(engine, once.ops);
  // Units that read only channels of zeros stay, constant as they are now: folding them would change bits.
  const notes = new Map(once.notes);
  for (const [index, note] of channels.notes) {
    const before = notes.get(index);
    notes.set(index, before ? `${note}; ${before}` : note);
  }
  return { ...once, ops: channels.ops, notes };
}
