/** What analyses return is data: it can be logged, compared, copied and sent to a worker. */
import { expect, test } from 'vitest';
import {
  dense,
  iterative,
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

test('the report of a pruning reads as tables, and its JSON has the log', async () => {
  const model = await sequential({ inputShape: [6], seed: 3 }, [dense(8), relu(), dense(3)]);
  const report = await prune(model, { sparsity: 0.75, schedule: iterative({ rounds: 2, per: 'original' }) });
  expect(Object.keys(report)).toEqual(['asked', 'reached', 'before', 'layers', 'rounds', 'log']);
  const [first, second] = report.layers;
  const left = 72 - Math.round(0.375 * 72);
  expect(`${report}`.split('\n').map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
    'round | asked | reached | weights left',
    `1 | 37.50 % | 37.50 % | ${left}`,
    '2 | 75.00 % | 75.00 % | 18',
    '',
    'tensor | weights | left | sparsity',
    `dense1.weight | 48 | ${first!.live} | ${(first!.sparsity * 100).toFixed(2)} %`,
    `dense2.weight | 24 | ${second!.live} | ${(second!.sparsity * 100).toFixed(2)} %`,
    'all | 72 | 18 | 75.00 %',
  ]);
  const read = JSON.parse(JSON.stringify(report));
  expect(read.log).toEqual(report.log.entries);
  expect(read.log).toHaveLength(4);
  expect(read.rounds).toHaveLength(2);
  model.dispose();
});

test('the report of a retrained pruning shows the accuracy, or the loss where targets are numbers', async () => {
  const targets = values(3 * 9, 2);
  for (const [labels, word] of [[data.labels, 'accuracy'] as const, [targets, 'loss'] as const]) {
    const model = await sequential({ inputShape: [6], seed: 3 }, [dense(8), relu(), dense(3)]);
    const own = { images: data.images, labels };
    const report = await prune(model, { sparsity: 0.5, fit: { data: own, validation: own, epochs: 1 } });
    const [head, row] = `${report}`.split('\n');
    expect(head).toMatch(new RegExp(`${word} pruned +${word} retrained$`));
    const { pruned, retrained } = report.rounds[0]!;
    const text = (value: number) =>
      word === 'loss' ? value.toPrecision(4) : `${(value * 100).toFixed(2)} %`;
    expect(row!.replace(/ {2,}/g, '|').split('|').slice(-2)).toEqual([
      text(pruned![word]),
      text(retrained![word]),
    ]);
    model.dispose();
  }
});

test('a weight as JSON is its shape, sparsity and storage; its values are in model files', async () => {
  const model = await sequential({ inputShape: [4], seed: 3 }, [dense(2)]);
  await prune(model, { sparsity: 0.5 });
  const { weight } = model.layers[0]!;
  expect(JSON.parse(JSON.stringify(weight))).toEqual({ shape: [2, 4], sparsity: 0.5, storage: 'dense' });
  model.dispose();
});
