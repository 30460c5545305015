/** What a layer asks for when it is built. */
import type { Shape } from './shape.js';

/** Role, shape and first values of a parameter. */
export interface ParameterSpec {
  readonly role: 'weight' | 'bias' | 'scale' | 'mean' | 'variance';
  readonly shape: Shape;
  /** Inputs and outputs of one unit, for initializers. */
  readonly fanIn: number;
  readonly fanOut: number;
  /** First value of all elements but weights; 0 when left out. */
  readonly initial?: number;
  /** False for what no gradient moves: running statistics. */
  readonly trained?: boolean;
  /** Parts of the rows of a weight that have inputs of their own: the groups of a convolution; 1 when left out. */
  readonly groups?: number;
  /** Of a convolution: windows of one sample, each of which is multiplied by the weight. */
  readonly windows?: number;
}
