/** Small hidden activations treated as zero: run-time pruning, which depends on the input. */
import type { GraphNode } from '../graph/graph.js';
import { activationLength, keepsShape, type LayerType, withoutOptions } from '../layers/layer.js';
import { expectNumber } from '../options.js';
import type { Shape } from '../tensor/shape.js';

const LARGEST = 3.4028234663852886e38; // of float32

/** The threshold of a session's options: a number in [0, the largest float32]. */
export function expectThreshold(where: string, value: unknown): number {
  return expectNumber(where, 'activationThreshold', value, 0, LARGEST);
}

/**
 * Not a layer of networks: sessions put it before products. It works unit by unit, so that simplification treats it as any
 * other activation, constant units included.
 */
const thresholdType: LayerType = {
  ...keepsShape,
  kind: 'threshold',
  role: 'elementwise',
  check: withoutOptions('threshold'),
  forward: (call, spec) =>
    call.kernels.threshold_f32(call.y, call.x, activationLength(call), spec.level as number),
};

/** y = 0 where |y| <= level, else y, between two layers of a network. */
export function thresholdNode(level: number, shape: Shape): GraphNode {
  const spec = { kind: 'threshold', level };
  return {
    index: -1,
    name: 'threshold',
    spec,
    type: thresholdType,
    inputs: [],
    inputShape: shape,
    outputShape: shape,
    parameters: [],
  };
}

/** True for what thresholdNode makes. */
export const isThreshold = ({ type }: GraphNode) => type === thresholdType;
