/** CRC-32C: what src/io/crc32c.ts gives, which has known answers of its own. */
import { buildTables, crc32c } from '../../src/io/crc32c.js';
import { grid, kernel, LENGTHS } from './row.js';

/** Whole numbers that float32 cannot hold: nearer than this is equal. */
const EQUAL = 0.5;

const tables = kernel('crc32c_tables', {
  shapes: [{}],
  bench: {},
  flops: () => 8 * 256,
  setUp: () => ({
    inputs: {},
    outputs: { tables: new Uint32Array(8 * 256) },
    args: (at) => [at('tables')],
    expected: () => ({ tables: { values: new Uint32Array(buildTables().buffer), tolerance: EQUAL } }),
  }),
});

const checksum = kernel('crc32c', {
  shapes: grid({ n: LENGTHS, previous: [0, 0xfedcba98] }),
  bench: { n: 65536, previous: 0 },
  flops: ({ n }) => n,
  setUp({ n, previous }, random) {
    const x = Uint8Array.from({ length: n }, () => random.below(256));
    return {
      inputs: { x, tables: new Uint32Array(buildTables().buffer) },
      outputs: {},
      args: (at) => [at('x'), n, previous, at('tables')],
      // Results of kernels are signed.
      expected: () => ({ result: { values: [crc32c(x, previous) | 0], tolerance: EQUAL } }),
    };
  },
});

export const checksumKernels = [tables, checksum];
