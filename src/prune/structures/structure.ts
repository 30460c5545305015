/** What is pruned together. */
import type { Shape } from '../../tensor/shape.js';
import type { PoolName } from './pool.js';

/** A weight as a matrix: outputs, and inputs of one output. */
export interface WeightMatrix {
  readonly name: string;
  readonly shape: Shape;
  readonly rows: number;
  readonly cols: number;
}

/** Groups of a weight, themselves in rows and columns. */
export interface Groups {
  readonly rows: number;
  readonly cols: number;
  /** The group of every weight, [rows * cols of the weight]; null when each is a group by itself. */
  readonly of: Uint32Array | null;
}

/** Groups of weights inside one tensor: they become zero, the tensor keeps its shape. */
export interface WeightStructure {
  readonly kind: string;
  readonly prunes: 'weights';
  /** True for groups of one weight each. */
  readonly single: boolean;
  /** Throws OptionError for a weight that cannot be cut into such groups. */
  groups(weight: WeightMatrix): Groups;
  /** How the scores of weights make that of their group. */
  readonly pool: PoolName;
  /** Which groups stay, for a structure that fixes its own share: keys [groups] are 0 where pruned. */
  choose?(keys: Uint32Array): Uint8Array;
  /** Share of zeros that such a structure fixes. */
  readonly share?: number;
}

/** Units of a layer, or whole layers: they are removed, and tensors become smaller. */
export interface RemovalStructure {
  readonly kind: string;
  readonly prunes: 'units' | 'layers';
  /** Units of which layers: with a matrix for a weight, or convolutions. */
  readonly of?: 'product' | 'convolution';
  /** Which weights rank a unit: those that make it, as by default, or those that read it. */
  readonly by?: 'makers' | 'readers';
  /** True when the next layer is ranked only after the units before it are gone. */
  readonly greedy: boolean;
  /** How the scores of weights make that of their unit or layer. */
  readonly pool: PoolName;
}

/** An axis of pruning: what goes together. */
export type Structure = WeightStructure | RemovalStructure;
