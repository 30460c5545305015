import type { Engine } from '../runtime/engine.js';
import { sizeOf } from '../tensor/shape.js';
import type { GraphNode } from './graph.js';

/** Runs layers that work value by value on `values`, in place, with their own kernels: the engine's own bits. */
export function runPointwise(
  { memory, kernels }: Engine,
  nodes: readonly GraphNode[],
  values: Float32Array,
): void {
  if (nodes.length === 0) return;
  const size = values.length;
  const block = memory.allocate(size * 4);
  try {
    block.f32(size).set(values);
    const [x, y] = [block.address, block.address];
    const sizes = { inputs: size, outputs: size, shape: [size] };
    const call = { kernels, x, y, lanes: 1, tiles: 1, ...sizes, parameters: [], low: 0 };
    for (const { type, spec } of nodes) type.forward?.(call, spec);
    values.set(block.f32(size));
  } finally {
    block.free();
  }
}

/**
 * What a layer that carries units and has no parameters makes of units that hold one value each, in the engine's own bits. Units do
 * not depend on each other, so that one that is NaN stays alone.
 */
export function runOnConstants(engine: Engine, node: GraphNode, values: Float32Array): Float32Array {
  const { role, forward } = node.type;
  const result = values.slice();
  if (role !== 'resample') {
    if (role === 'elementwise' || role === 'clamp') runPointwise(engine, [node], result);
    return result;
  }
  const [, ...plane] = node.inputShape;
  const [pixels, left] = [sizeOf(plane), sizeOf(node.outputShape) / node.outputShape[0]!];
  const block = engine.memory.allocate((pixels + left) * 4);
  try {
    const [x, y] = [block.address, block.address + pixels * 4];
    const sizes = { inputs: pixels, outputs: left, shape: [1, ...plane] };
    const call = { kernels: engine.kernels, x, y, lanes: 1, tiles: 1, ...sizes, parameters: [], low: 0 };
    values.forEach((value, unit) => {
      block.f32(pixels).fill(value);
      forward?.(call, node.spec);
      result[unit] = block.f32(1, pixels)[0]!;
    });
    return result;
  } finally {
    block.free();
  }
}
