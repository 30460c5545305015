/** Registry of structures: a new one is one file and one line here. */
import { channel, filter } from './filter.js';
import { layer } from './layer.js';
import { neuron } from './neuron.js';
import type { Structure } from './structure.js';
import { weight } from './weight.js';

export const structures = {
  weight,
  neuron: neuron(),
  filter: filter(),
  channel: channel(),
  layer,
} as const satisfies Readonly<Record<string, Structure>>;
export { block } from './block.js';
export { customStructure, type GroupNumbers } from './custom.js';
export { channel, filter } from './filter.js';
export { type NeuronOptions, neuron } from './neuron.js';
export { nm } from './nm.js';
export type { PoolName } from './pool.js';
export type { Groups, RemovalStructure, Structure, WeightMatrix, WeightStructure } from './structure.js';

/** Name of a built-in structure. */
export type StructureName = keyof typeof structures;
