/** Units that no weight reads, from the outputs backwards. */
import type { DeadUnits, Search, SearchLayer } from './deadSearch.js';

/** Marks the units that rows of a layer read, those of `makes` that are read themselves; true when that marked more. */
function markRead(layer: SearchLayer, made: Uint8Array | undefined, read: Uint8Array): boolean {
  const { weight, rows, stride, run } = layer;
  let more = false;
  for (let row = 0; row < rows; row++) {
    if (made?.[Math.floor(row / run)] === 0) continue;
    for (let i = weight.rowPtr[row]!; i < weight.rowPtr[row + 1]!; i++) {
      const unit = Math.floor(weight.colIdx[i]! / stride);
      if (layer.reads?.keep[unit] === 0 || read[unit] === 1) continue;
      read[unit] = 1;
      more = true;
    }
  }
  return more;
}

/** Follows reads from the layers in `pending` to the front, until nothing more is marked. */
function follow({ layers }: Search, read: ReadonlyMap<DeadUnits, Uint8Array>, pending: Set<number>): void {
  while (pending.size > 0) {
    const last = Math.max(...pending);
    pending.delete(last);
    const layer = layers[last]!;
    if (!layer.reads) continue;
    const made = layer.makes && read.get(layer.makes);
    if (!markRead(layer, made, read.get(layer.reads)!)) continue;
    layers.forEach(({ makes }, i) => {
      if (makes === layer.reads) pending.add(i);
    });
  }
}

/**
 * Units from which no weight leads to an output go, however many layers later the way ends and whatever branches it takes. A
 * group keeps one unit, the first that is left. True when any went.
 */
export function findUnread(search: Search): boolean {
  const { layers, found } = search;
  const read = new Map(found.map((dead) => [dead, new Uint8Array(dead.keep.length)]));
  follow(search, read, new Set(layers.flatMap(({ makes }, i) => (makes ? [] : [i]))));
  const lastOf = ({ group }: DeadUnits) => group.producers.at(-1)!.index;
  for (const dead of [...found].sort((a, b) => lastOf(b) - lastOf(a))) {
    const own = read.get(dead)!;
    if (own.includes(1)) continue;
    own[dead.keep.indexOf(1)] = 1;
    dead.lastUnit = 1;
    follow(search, read, new Set(layers.flatMap(({ makes }, i) => (makes === dead ? [i] : []))));
  }
  let went = false;
  for (const [dead, marks] of read) {
    dead.keep.forEach((kept, unit) => {
      if (kept === 0 || marks[unit] === 1) return;
      dead.keep[unit] = 0;
      dead.unread++;
      went = true;
    });
  }
  return went;
}

/** Columns of a weight that are read, by the units that stay. */
export function columnsRead(layer: SearchLayer): Uint8Array {
  const read = new Uint8Array(layer.cols);
  markRead({ ...layer, stride: 1, reads: undefined }, layer.makes?.keep, read);
  return read;
}
