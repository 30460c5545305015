import type { Engine } from '../runtime/engine.js';
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
    const call = { kernels, x, y, lanes: 1, tiles: 1, inputs: size, outputs: size, parameters: [], low: 0 };
    for (const { type, spec } of nodes) type.forward(call, spec);
    values.set(block.f32(size));
  } finally {
    block.free();
  }
}
