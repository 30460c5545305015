import { describe, expect, test } from 'vitest';
import { syntheticDigits } from '../../datasets/index.js';
import {
  batchNorm,
  channel,
  conv2d,
  dense,
  filter,
  flatten,
  iterative,
  neuron,
  type PruneOptions,
  type PruneReport,
  prune,
  relu,
  renderReport,
  type Sequential,
  sequential,
  shrink,
} from '../../src/index.js';
import { smaller, smallerThan } from '../../src/report/demoText.js';

/** The page as text: no-break spaces are spaces. */
const page = (content: Parameters<typeof renderReport>[0]) => renderReport(content).replaceAll('\u00a0', ' ');
const headline = (html: string) => /<h1>([^<]*)<\/h1>/.exec(html)![1];
const tile = (html: string, label: string) =>
  new RegExp(`<div class="tile"><dt>${label}</dt><dd class="big">([^<]*)</dd><dd class="small">([^<]*)</dd>`)
    .exec(html)
    ?.slice(1);
const table = (html: string, caption: string) => {
  const found = new RegExp(`<caption><span>${caption}</span>.*?</table>`, 's').exec(html)?.[0] ?? '';
  const rows = [...found.matchAll(/<tr>(.*?)<\/tr>/gs)].map((row) =>
    [...row[1]!.matchAll(/<t[hd][^>]*>([^<]*)</g)].map((cell) => cell[1]),
  );
  return rows;
};

const images = () =>
  sequential({ inputShape: [1, 8, 8], seed: 2 }, [
    ...[conv2d(6, 3), relu(), conv2d(8, 3), batchNorm(), relu()],
    ...[flatten(), dense(10)],
  ]);
const units = () =>
  sequential({ inputShape: [64], seed: 3 }, [dense(20), relu(), dense(30), relu(), dense(10)]);
const deep = () =>
  sequential({ inputShape: [16], seed: 4 }, [
    ...[dense(12), relu(), dense(12), relu(), dense(12), relu()],
    ...[dense(12), relu(), dense(12), relu(), dense(3)],
  ]);

async function both(model: Sequential, options: PruneOptions): Promise<[html: string, report: PruneReport]> {
  const pruning = await prune(model, options);
  const html = page({ pruning, models: { model } });
  expect(html).not.toMatch(/NaN|Infinity|undefined/);
  return [html, pruning];
}

describe('the report on what was removed', () => {
  test('counts filters and weights against the model before its first round', async () => {
    for (const structure of [filter(), channel()]) {
      const model = await images();
      const options = { structure, allocation: 'uniform', sparsity: 0.5, schedule: iterative({ rounds: 2 }) };
      const [html, { before }] = await both(model, options as PruneOptions);
      // conv 1·9·6, conv 6·9·8, dense 8·16·10; half of the filters leave a half, a quarter, a half of these.
      const noun = `${structure.kind}s`;
      expect(before).toMatchObject({ parameters: 1822, structure: structure.kind, groups: 14 });
      expect(headline(html)).toBe(`56.1 % of the weights gone (50 % of the ${noun}) in 2 rounds`);
      expect(tile(html, 'Weights left')).toEqual(['775', 'of 1,766']);
      const label = structure.kind === 'filter' ? 'Filters left' : 'Channels left';
      expect(tile(html, label)).toEqual(['7', 'of 14 that can go']);
      expect(tile(html, 'Live units')).toBeUndefined();
      expect(tile(html, 'Model file')![1]).toMatch(/^\d\.\dx (smaller|larger) than before in float32$/);
      expect(table(html, 'Weights of each layer')).toEqual([
        ['layer', 'before', 'left', 'gone'],
        ['conv2d1', '54', '27', '50.00 %'],
        ['conv2d2', '432', '108', '75.00 %'],
        ['dense1', '1,280', '640', '50.00 %'],
        ['total', '1,766', '775', '56.12 %'],
      ]);
      expect(html).toContain(`<th scope="col" class="right">${noun} gone, reached</th>`);
      model.dispose();
    }
  });

  test('draws which layers give as shares of what they were', async () => {
    const model = await units();
    const options = { structure: neuron(), sparsity: 0.6, schedule: iterative({ rounds: 3 }) };
    const [html, report] = await both(model, options);
    const { rounds } = report;
    const chart = /<svg[^>]*aria-label="Which layers give.*?<\/svg>/s.exec(html)![0];
    expect(chart).not.toMatch(/200 %/);
    const { live } = rounds.at(-1)!.layers[0]!;
    expect(String(report)).toMatch(new RegExp(`dense1.weight +1280 +${live} `));
    expect(live).toBeLessThan(1280);
    const share = `${((live / 1280) * 100).toFixed(2)} %`;
    expect(chart).toContain(`dense1: ${share}`);
    expect(headline(html)).toMatch(/^\d\d(\.\d)? % of the weights gone \(60 % of the neurons\) in 3 rounds$/);
    expect(tile(html, 'Neurons left')).toEqual(['20', 'of 50 that can go']);
    model.dispose();
  });

  test('counts layers, whose names change when others go', async () => {
    const model = await deep();
    const [html, { before }] = await both(model, {
      ...{ structure: 'layer', sparsity: 0.5, schedule: iterative({ rounds: 2 }) },
    });
    const weights = 16 * 12 + 4 * 144 + 36;
    expect(before.groups).toBe(4);
    const gone = Number(((2 * 144) / weights) * 100).toFixed(1);
    expect(headline(html)).toBe(`${gone} % of the weights gone (50 % of the layers) in 2 rounds`);
    expect(tile(html, 'Layers left')).toEqual(['2', 'of 4 that can go']);
    expect(table(html, 'Weights of each layer')).toEqual([
      ['layer', 'before', 'left', 'gone'],
      ['total', '804', '516', '35.82 %'],
    ]);
    expect(html).not.toContain('Which layers give');
    model.dispose();
  });

  test('counts from where a smaller or a pruned model began', async () => {
    const model = await units();
    await prune(model, { structure: neuron(), sparsity: 0.5, allocation: 'uniform' });
    const [html] = await both(model, { sparsity: 0.75 });
    expect(headline(html)).toBe('75 % of the weights pruned in 1 round');
    // 64·10 + 10·15 + 15·10.
    expect(tile(html, 'Weights left')).toEqual(['235', 'of 940']);
    const [again, { before }] = await both(model, { structure: neuron(), sparsity: 0.2 });
    expect(before.layers.map(({ weights, live }) => weights - live).reduce((a, b) => a + b)).toBe(705);
    expect(headline(again)).toMatch(/of the weights gone \(20 % of the neurons\)/);
    model.dispose();
  });

  test('counts the weights of a model that was shrunk after pruning', async () => {
    const model = await units();
    const pruning = await prune(model, { sparsity: 0.9 });
    shrink(model);
    const html = page({ pruning, models: { model } });
    const [left, of] = tile(html, 'Weights left')!;
    expect(of).toBe('of 2,180');
    expect(Number(left)).toBe(model.parameters.filter((p) => p.prunable).reduce((sum, p) => sum + p.live, 0));
    expect(headline(html)).toMatch(/^9\d(\.\d)? % of the weights pruned in 1 round$/);
    model.dispose();
  });

  test('needs no model, and takes another model for what it is', async () => {
    const [model, other] = [await units(), await sequential({ inputShape: [64], seed: 1 }, [dense(100)])];
    const pruning = await prune(model, { structure: neuron(), sparsity: 0.5, allocation: 'uniform' });
    expect(headline(page({ pruning }))).toBe('56.9 % of the weights gone (50 % of the neurons) in 1 round');
    expect(headline(page({ pruning, models: { other } }))).toBe('0 % of the weights pruned');
    for (const one of [model, other]) one.dispose();
  });

  test('is the same after a pruning with retraining', async () => {
    const data = syntheticDigits({ samples: 120, shape: [64], seed: 3 });
    const model = await units();
    const fit = { data, validation: data, epochs: 1, batchSize: 32 };
    const [html] = await both(model, {
      ...{ structure: neuron(), sparsity: 0.5, schedule: iterative({ rounds: 2 }), fit },
    });
    expect(headline(html)).toMatch(/of the weights gone \(50 % of the neurons\) in 2 rounds, accuracy/);
    expect(html).toContain('>share of the neurons removed</text>');
    model.dispose();
  });
});

test('sizes that differ by less than can be read are as large', () => {
  expect(smaller(1000, 1040)).toBe('as large');
  expect(smaller(1040, 1000)).toBe('as large');
  expect(smaller(1060, 1000)).toBe('1.1x smaller');
  expect(smaller(1000, 2000)).toBe('2.0x larger');
  expect(smallerThan(1000, 1001, 'in float32')).toBe('as large as in float32');
  expect(smallerThan(3000, 1000, 'dense')).toBe('3.0x smaller than dense');
  expect(smallerThan(0, 0, 'dense')).toBe('n/a');
});
