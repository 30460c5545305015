/** How samples are brought into tiles: all features, or only those that some weight reads. */

import type { Block } from '../runtime/block.js';
import type { Engine } from '../runtime/engine.js';

/** Features of a sample and their places in a tile. */
export interface InputLayout {
  /** Features of a sample. */
  readonly features: number;
  /** Rows of a tile. */
  readonly rows: number;
  /** Byte offsets of the groups of four features that are gathered; null when all features are taken in order. */
  readonly groups: Uint32Array | null;
}

/** Groups are only worth their list when they leave out at least this share of the features. */
const LEAST_DROPPED = 0.1;

/** Takes all features. */
export function allInputs(features: number): InputLayout {
  if (features % 4 !== 0) return { features, rows: features, groups: null };
  return { features, rows: features, groups: Uint32Array.from({ length: features / 4 }, (_, g) => g * 16) };
}

/** Takes the groups of four features in which at least one is live. */
export function liveGroups(features: number, live: Uint32Array): InputLayout {
  if (features < 4) return allInputs(features);
  const groups: number[] = [];
  for (const feature of live) {
    const first = Math.min(feature - (feature % 4), features - 4); // the last group may overlap the one before
    if (groups.at(-1) !== first) groups.push(first);
  }
  if (groups.length * 4 > features * (1 - LEAST_DROPPED)) return allInputs(features);
  return { features, rows: groups.length * 4, groups: Uint32Array.from(groups, (first) => first * 4) };
}

/** Row of a tile in which each live feature lies. */
export function placesOf({ groups }: InputLayout, live: Uint32Array): Uint32Array {
  if (!groups) return live;
  const places = new Uint32Array(live.length);
  let g = 0;
  live.forEach((feature, i) => {
    while (groups[g]! / 4 + 4 <= feature) g++;
    places[i] = g * 4 + feature - groups[g]! / 4;
  });
  return places;
}

/** Brings samples, one after the other in WebAssembly memory, into tiles. */
export function tiler(
  { memory, kernels }: Engine,
  { features, groups }: InputLayout,
): { readonly blocks: readonly Block[]; run(y: number, x: number, samples: number, lanes: number): void } {
  if (!groups) {
    return { blocks: [], run: (y, x, samples, lanes) => kernels.tile_f32(y, x, features, samples, lanes) };
  }
  const list = memory.allocate(groups.byteLength);
  list.u32(groups.length).set(groups);
  const [at, count, pitch] = [list.address, groups.length, features * 4];
  return {
    blocks: [list],
    run: (y, x, samples, lanes) => kernels.tile_gather_f32(y, x, at, count, pitch, samples, lanes),
  };
}
