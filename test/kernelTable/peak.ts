/** The ceiling: its sums tell how often it went round. */
import { kernel } from './row.js';

export const peakKernel = kernel('peak_f32', {
  shapes: [0, 1, 2, 100].map((turns) => ({ turns })),
  bench: { turns: 1000 },
  flops: ({ turns }) => 104 * turns,
  setUp({ turns }) {
    return {
      inputs: {},
      outputs: { y: new Float32Array(4).fill(1) },
      args: (at) => [at('y'), turns],
      expected: () => ({ y: { values: new Float32Array(4).fill(13 + 13 * turns), tolerance: 0 } }),
    };
  },
});
