/** A step that fails leaves everything as it was, what no gradient moves included. */
import { beforeAll, describe, expect, test } from 'vitest';
import {
  batchNorm,
  conv2d,
  dense,
  dropout,
  flatten,
  maxPool2d,
  NumericError,
  relu,
  type Sequential,
  sequential,
} from '../../src/index.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { fingerprint, values } from '../model/support.js';
import { refusedAt } from '../support/faults.js';

const SAMPLES = 11;
const x = values(SAMPLES * 2 * 5 * 5, 3);
const labels = Uint8Array.from({ length: SAMPLES }, (_, i) => i % 3);

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

/** Everything whose running statistics, random choices or moments a step could move. */
function build(): Promise<Sequential> {
  const layers = [conv2d(3, 3), batchNorm(), relu(), maxPool2d(3), flatten(), dropout(0.3)];
  return sequential({ inputShape: [2, 5, 5], seed: 5 }, [...layers, dense(4), batchNorm(), dense(3)]);
}

/** Values, structure, and how often it has been trained. */
const stateOf = (model: Sequential) => [fingerprint(model), { ...model.clock }];

describe('trainOnBatch', () => {
  test('changes nothing when an allocation is refused, whichever it is, and does it when called again', async () => {
    const expected = await build();
    const losses = [0, 1].map(() => expected.trainOnBatch(x, labels));
    for (let n = 1; ; n++) {
      const model = await build();
      const before = stateOf(model);
      const got: number[] = [];
      const step = () => void got.push(model.trainOnBatch(x, labels));
      const refused = refusedAt(engine.memory, n, step);
      if (refused) {
        expect(stateOf(model)).toEqual(before);
        step();
      }
      step();
      expect(got).toEqual(losses);
      expect(stateOf(model)).toEqual(stateOf(expected));
      model.dispose();
      if (refused) continue;
      expect(n).toBeGreaterThan(50); // moments, buffers and gradients
      break;
    }
    expected.dispose();
  });

  test('changes nothing when a buffer is refused later, in a step with another number of samples', async () => {
    const model = await build();
    model.trainOnBatch(x, labels);
    const before = stateOf(model);
    const half = () => void model.trainOnBatch(x.subarray(0, 5 * 50), labels.subarray(0, 5));
    for (let n = 1; refusedAt(engine.memory, n, half); n++) expect(stateOf(model)).toEqual(before);
    expect(stateOf(model)).not.toEqual(before);
    model.dispose();
  });

  test('changes nothing when the loss is not finite, running statistics included', async () => {
    const model = await build();
    const before = stateOf(model);
    const targets = new Float32Array(SAMPLES * 3).fill(3e38);
    expect(() => model.trainOnBatch(x, targets)).toThrow(NumericError);
    expect(stateOf(model)).toEqual(before);
    model.dispose();
  });
});
