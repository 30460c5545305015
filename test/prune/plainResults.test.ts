/** What analyses return is data: it can be logged, compared, copied and sent to a worker. */
import { expect, test } from 'vitest';
import {
  dense,
  liveness,
  maskOverlap,
  prune,
  relu,
  type Sequential,
  sensitivity,
  sequential,
  shrink,
} from '../../src/index.js';
import { values } from '../model/support.js';

const data = { images: values(6 * 9, 1), labels: Uint8Array.from({ length: 9 }, (_, i) => i % 3) };

type Result = object & { toString(): string };
const results: Readonly<Record<string, (model: Sequential) => Result | Promise<Result>>> = {
  liveness: (model) => liveness(model),
  sensitivity: (model) => sensitivity(model, data, { sparsities: [0.5, 0.9] }),
  maskOverlap: (model) => maskOverlap(model, model),
  shrink: (model) => shrink(model),
  summary: (model) => model.summary(),
};

test.each(Object.keys(results))(
  'the result of %s is plain data, and its table no part of it',
  async (name) => {
    const model = await sequential({ inputShape: [6], seed: 3 }, [dense(8), relu(), dense(3)]);
    await prune(model, { sparsity: 0.8 });
    const result = await results[name]!(model);
    model.dispose();
    expect(Object.keys(result)).not.toContain('toString');
    const copy = structuredClone(result);
    expect(result).toEqual(copy);
    expect(result.toString().split('\n').length).toBeGreaterThan(2);
    expect(JSON.parse(JSON.stringify(copy))).toEqual(JSON.parse(JSON.stringify(result)));
  },
);
