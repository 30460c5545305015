import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { syntheticDigits } from '../../datasets/index.js';
import {
  adam,
  DisposedError,
  dense,
  FileError,
  iterative,
  maskOverlap,
  neuron,
  OptionError,
  type PruneReport,
  prune,
  relu,
  renderReport,
  report,
  type Sensitivity,
  type Sequential,
  ShapeError,
  sensitivity,
  sensitivityChart,
  sequential,
  type TradeOff,
  tradeOff,
} from '../../src/index.js';
import { expectSound } from './sample.js';

const data = syntheticDigits({ samples: 240, shape: [64], seed: 3 });

const headings = (html: string) => [...html.matchAll(/<h2[^>]*>([^<]*)<\/h2>/g)].map((match) => match[1]);
const charts = (html: string) => html.match(/<svg.*?<\/svg>/gs) ?? [];
const embedded = (html: string) =>
  JSON.parse(/<script type="application\/json" id="result">(.*?)<\/script>/s.exec(html)![1]!) as Record<
    string,
    unknown
  >;

const make = async (seed: number): Promise<Sequential> =>
  sequential({ inputShape: [64], seed }, [dense(20), relu(), dense(10)]);

async function pruned(seed: number): Promise<{ model: Sequential; pruning: PruneReport }> {
  const model = await make(seed);
  const options = { validation: data, batchSize: 32, optimizer: adam({ learningRate: 0.01 }) };
  await model.fit(data.images, data.labels, { ...options, epochs: 3 });
  const fit = { data, epochs: 1, ...options };
  const pruning = await prune(model, { sparsity: 0.9, schedule: iterative({ rounds: 3 }), fit });
  return { model, pruning };
}

/** Points of two methods, the first with two seeds. */
function points(): TradeOff[] {
  return ['grown', 'random'].flatMap((method, i) =>
    [0, 0.5, 0.9].flatMap((sparsity) =>
      [1, 2].slice(i).map((seed) => ({
        ...{ label: `${sparsity * 100} %`, method, seed, sparsity },
        accuracy: 0.98 - 0.1 * sparsity - 0.01 * seed,
        parameters: Math.round(1000 * (1 - sparsity)) + 30,
        bytes: Math.round(4000 * (1 - sparsity)) + 200,
        multiplyAdds: Math.round(1000 * (1 - sparsity)),
        micros: [
          { batch: 1, micros: 5 - sparsity },
          { batch: 32, micros: 50 - 20 * sparsity },
        ],
      })),
    ),
  );
}

describe('the report', () => {
  let first: Awaited<ReturnType<typeof pruned>>;
  let second: Awaited<ReturnType<typeof pruned>>;
  let sensitive: Sensitivity;

  beforeAll(async () => {
    [first, second] = [await pruned(1), await pruned(2)];
    sensitive = await sensitivity(first.model, data, { sparsities: [0.5, 0.95] });
  });
  afterAll(() => {
    for (const { model } of [first, second]) model.dispose();
  });

  const whole = () => ({
    summary: 'Three rounds.',
    pruning: first.pruning,
    models: { 'seed 1': first.model },
    sensitivity: sensitive,
    tradeOffs: points(),
    overlaps: { 'seeds 1 and 2': maskOverlap(first.model, second.model) },
    facts: { Processor: 'abacus' },
  });

  test('has every section that there is content for, and a link to each', () => {
    const html = renderReport(whole());
    const expected = [
      'Accuracy and cost',
      'Rounds',
      'What is left',
      'Masks',
      'Scores and cuts',
      'Sensitivity of layers',
      'Overlap of masks',
      'Environment',
    ];
    expect(headings(html)).toEqual(expected);
    const links = [...html.matchAll(/<a href="#([\w-]+)">([^<]*)<\/a>/g)];
    expect(links.map((match) => match[2])).toEqual(expected);
    for (const [, id] of links) expect(html).toContain(`<h2 id="${id}">`);
    expect(html.match(/<h1/g)).toHaveLength(1);
    expect(html).toMatch(/<h1>90\u00a0% of the weights pruned in 3 rounds, accuracy \d\d/);
    for (const chart of charts(html)) expectSound(chart.replace(/<path[^>]*><\/path>/g, ''));
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('leaves out sections without content', () => {
    const { pruning, models, tradeOffs, sensitivity, overlaps, facts } = whole();
    expect(headings(renderReport({}))).toEqual([]);
    expect(renderReport({})).toContain('<h1>Pruning report</h1>');
    expect(headings(renderReport({ pruning }))).toEqual(['Rounds', 'Scores and cuts']);
    expect(headings(renderReport({ models }))).toEqual(['What is left', 'Masks']);
    expect(headings(renderReport({ tradeOffs, sensitivity }))).toEqual([
      'Accuracy and cost',
      'Sensitivity of layers',
    ]);
    expect(headings(renderReport({ overlaps, facts }))).toEqual(['Overlap of masks', 'Environment']);
    expect(headings(renderReport({ tradeOffs: [], models: {}, overlaps: {}, facts: {} }))).toEqual([]);
  });

  test('draws accuracy against every cost, with means and deviations over seeds', () => {
    const html = renderReport({ tradeOffs: points() });
    for (const title of [
      'Sparsity',
      'Parameters',
      'File size',
      'Work',
      'Time, one sample',
      'Time, batch 32',
    ]) {
      expect(html).toContain(`>${title}</text>`);
    }
    expect(html.match(/class="spread sparse"/g)).toHaveLength(6);
    expect(html).not.toContain('class="spread warm"');
    expect(html.replaceAll('\u00a0', ' ')).toContain('>96.50 ± 0.71 %</td>');
    const untimed = points().map(({ micros: _micros, ...rest }) => rest);
    expect(renderReport({ tradeOffs: untimed })).not.toContain('Time, ');
  });

  test('compares costs where the accuracy is the same, and gives one point as a table', () => {
    const same = points()
      .slice(4, 6)
      .concat(points().slice(0, 1))
      .map((point) => ({ ...point, accuracy: 0.9 }));
    const html = renderReport({ tradeOffs: same });
    expect(html).toContain('How many times less than');
    expect(html).not.toContain('class="multiples"');
    const one = renderReport({ tradeOffs: points().slice(0, 1) });
    expect(charts(one)).toHaveLength(0);
    expect(one).toContain('<table>');
    expect(one).toContain('>97.00\u00a0%</td>');
  });

  test('tells for every round and layer what went, and the threshold', () => {
    const { pruning } = first;
    const html = renderReport({ pruning }).replaceAll('\u00a0', ' ');
    for (const { pruned: count, threshold } of pruning.log.entries) {
      expect(html).toContain(`>${count.toLocaleString('en-US')}</td>`);
      expect(html).toContain(`>${threshold!.toPrecision(4)}</td>`);
    }
    // A histogram for every round and layer, for screens and phones, each with its cut.
    expect(html.match(/class="cut"/g)).toHaveLength(3 * 2 * 2);
    for (const { retrained } of pruning.rounds) {
      expect(html).toContain(`>${(retrained!.accuracy * 100).toFixed(2)} %</td>`);
    }
  });

  test('shows masks, units and live pixels; images by the shape that is given', () => {
    const html = renderReport({ models: { a: first.model } });
    expect(html).toContain('Weights that read each pixel');
    expect(html).toMatch(/>dense1: \d+ of 1,280 weights left/);
    expect(html).toMatch(/>\d+ of 20 units live</);
    expect(html).toContain('8 by 8 image');
    expect(renderReport({ models: { a: first.model }, imageShape: [4, 16] })).toContain('4 by 16 image');
    const both = renderReport({ models: { a: first.model, b: second.model } });
    expect([...both.matchAll(/<h3>(\w)<\/h3>/g)].map((match) => match[1])).toEqual(['a', 'b', 'a', 'b']);
  });

  test('shows no image of inputs that are none', async () => {
    const model = await sequential({ inputShape: [10], seed: 1 }, [dense(3)]);
    const html = renderReport({ models: { a: model } });
    expect(html).not.toContain('pixel</text>');
    expect(html).toContain('3 of 3 units live');
    model.dispose();
  });

  test('is drawn for units that were removed, and for negative scores', async () => {
    const model = await make(4);
    const units = await prune(model, { sparsity: 0.5, structure: neuron() });
    const html = renderReport({ pruning: units, models: { model } });
    expect(headings(html)).toContain('Scores and cuts');
    expect(html).toMatch(/10 of 10 units live/);
    const other = await make(5);
    const signed = await prune(other, { sparsity: 0.5, criterion: ({ weight }) => weight });
    expect(renderReport({ pruning: signed })).not.toMatch(/NaN|Infinity/);
    for (const one of [model, other]) one.dispose();
  });

  test('gives equal bytes for equal content, loads nothing and runs nothing', () => {
    const html = renderReport(whole());
    expect(renderReport(whole())).toBe(html);
    expect(html).not.toMatch(
      /https?:\/\/|url\(|@import|\bsrc=|href="[^#]|\son\w+=|<(link|img|iframe|object)\b/i,
    );
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).toContain("default-src 'none'");
    expect(html.length).toBeLessThan(400_000);
  });

  test('embeds the numbers so that they can be read back', () => {
    const found = embedded(renderReport(whole()));
    expect(found.tradeOffs).toEqual(points());
    expect(found.sensitivity).toEqual(JSON.parse(JSON.stringify(sensitive)));
    expect((found.pruning as { log: object[] }).log).toEqual(first.pruning.log.entries);
    expect(Object.keys(found.models as object)).toEqual(['seed 1']);
  });

  test('cannot be broken out of by hostile names', () => {
    const evil = `</script><script>alert("1")</script><img src='x' onerror=alert(1)>&amp;`;
    const html = renderReport({
      ...{ title: evil, summary: evil, models: { [evil]: first.model, b: second.model } },
      tradeOffs: points().map((point) => ({ ...point, label: evil + point.label, method: evil })),
      overlaps: { [evil]: maskOverlap(first.model, second.model) },
      facts: { [evil]: evil },
    });
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('<img');
    expect(html).toContain('&lt;/script&gt;');
    expect(embedded(html).facts).toEqual({ [evil]: evil });
  });

  test('refuses what cannot be drawn', async () => {
    const { model } = first;
    const bad = (content: object) => expect(() => renderReport(content));
    bad({ model }).toThrow(/option must be one of .*did you mean "models"/);
    bad({ models: [model] }).toThrow(OptionError);
    bad({ models: { a: {} } }).toThrow(/models.a must come from sequential\(\) or loadModel\(\)/);
    bad({ tradeOffs: {} }).toThrow(OptionError);
    bad({ pruning: 3 }).toThrow(OptionError);
    bad({ models: { model }, imageShape: [7, 9] }).toThrow(ShapeError);
    bad({ models: { model }, imageShape: [0, 9] }).toThrow(OptionError);
    const gone = await make(1);
    gone.dispose();
    bad({ models: { gone } }).toThrow(DisposedError);
  });

  test('is written as a whole or not at all', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'espalier-report-'));
    const path = join(folder, 'page.html');
    await report(path, { facts: { a: 'b' } });
    expect(readFileSync(path, 'utf8')).toBe(renderReport({ facts: { a: 'b' } }));
    await expect(report(path, { models: [] } as never)).rejects.toThrow(OptionError);
    await expect(report(join(folder, 'no', 'page.html'), {})).rejects.toThrow(FileError);
    expect(readdirSync(folder)).toEqual(['page.html']);
    rmSync(folder, { recursive: true });
  });

  test('draws sensitivity as an SVG file of its own', () => {
    const svg = sensitivityChart(sensitive, { width: 480 });
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /);
    expect(svg).toContain('viewBox="0 0 480 ');
    for (const name of ['dense1', 'dense2']) expect(svg).toContain(`>${name}</text>`);
    expect(svg).not.toMatch(/NaN|url\(|href=/);
  });
});

describe('a report on a model of targets that are numbers', () => {
  const targets = { images: data.images, labels: Float32Array.from(data.labels, (label) => label / 10) };

  async function regression(): Promise<{ pruning: PruneReport; tradeOffs: TradeOff[]; found: Sensitivity }> {
    const model = await sequential({ inputShape: [64], seed: 4 }, [dense(12), relu(), dense(1)]);
    const full = await tradeOff(model, { data: targets, label: 'full' });
    const fit = { data: targets, validation: targets, epochs: 1, batchSize: 32 };
    const pruning = await prune(model, { sparsity: 0.8, schedule: iterative({ rounds: 2 }), fit });
    const tradeOffs = [full, await tradeOff(model, { data: targets, label: 'pruned' })];
    const found = await sensitivity(model, targets, { sparsities: [0.9] });
    model.dispose();
    return { pruning, tradeOffs, found };
  }

  test('shows the loss of rounds and points wherever others show the accuracy', async () => {
    const { pruning, tradeOffs, found } = await regression();
    const last = pruning.rounds.at(-1)!.retrained!.loss.toPrecision(4);
    const rounds = renderReport({ pruning });
    expect(rounds).toMatch(new RegExp(`<h1>80\u00a0% of the weights pruned in 2 rounds, loss ${last}</h1>`));
    for (const text of ['>Loss<', '>validation loss</text>', '>loss after retraining</th>']) {
      expect(rounds).toContain(text);
    }
    for (const { pruned, retrained } of pruning.rounds) {
      const [before, after] = [pruned!.loss, retrained!.loss];
      for (const value of [before, after, before - after]) {
        expect(rounds).toContain(`>${value.toPrecision(4)}</td>`);
      }
    }
    expect(tradeOffs.map(({ accuracy }) => accuracy)).toEqual([NaN, NaN]);
    const points = renderReport({ tradeOffs });
    expect(headings(points)).toEqual(['Loss and cost']);
    expect(points).not.toContain('is the same');
    for (const { loss } of tradeOffs) expect(points).toContain(`>${loss!.toPrecision(4)}</td>`);
    expect(points).toContain('class="multiples"');
    for (const html of [rounds, points, renderReport({ sensitivity: found })]) {
      expect(html.replace(/<script.*<\/script>/s, '')).not.toMatch(/n\/a|NaN|Infinity|undefined/);
      for (const chart of charts(html)) expectSound(chart.replace(/<path[^>]*><\/path>/g, ''));
    }
  });

  test('compares costs where the loss is the same, and claims nothing where none is known', () => {
    const [a, b] = points()
      .slice(0, 2)
      .map((point, i) => ({ ...point, label: `p${i}`, accuracy: Number.NaN }));
    const same = renderReport({ tradeOffs: [a!, b!].map((point) => ({ ...point, loss: 0.25 })) });
    expect(same).toContain('The loss is the same.');
    expect(same).toContain('>0.2500</td>');
    const unknown = renderReport({ tradeOffs: [a!, b!] });
    expect(unknown).not.toContain('is the same.');
    expect(unknown).toContain('>n/a</td>');
  });
});

describe('a point of a trade-off', () => {
  test('counts what is left, and what there would be if nothing were pruned', async () => {
    const { model } = await pruned(3);
    const { accuracy, loss } = await model.evaluate(data.images, data.labels);
    const live = Math.round(0.1 * 1480);
    expect(await tradeOff(model, { data, seed: 3 })).toEqual({
      ...{ label: '90 %', seed: 3, sparsity: model.summary().sparsity, accuracy, loss },
      ...{ parameters: live + 30, bytes: model.encode().length, multiplyAdds: live },
    });
    expect(await tradeOff(model, { data, label: 'full', method: 'm', kernels: 'dense' })).toEqual({
      ...{ label: 'full', method: 'm', sparsity: 0, accuracy, loss },
      ...{ parameters: 1510, bytes: 6040, multiplyAdds: 1480 },
    });
    model.dispose();
  });

  test('is timed when asked to be', async () => {
    const model = await make(1);
    const { micros } = await tradeOff(model, { data, measure: true, batches: [2] });
    expect(micros).toEqual([{ batch: 2, micros: expect.any(Number) }]);
    expect(micros![0]!.micros).toBeGreaterThan(0);
    model.dispose();
  });

  test('refuses what does not fit', async () => {
    const model = await make(1);
    const bad = (options: object) => expect(tradeOff(model, options as never)).rejects;
    await bad({}).toThrow(/data must be \{ images, labels \}/);
    await bad({ data, kernels: 'fast' }).toThrow(OptionError);
    await bad({ data, batches: [0] }).toThrow(OptionError);
    await bad({ data, measure: 1 }).toThrow(OptionError);
    await bad({ data, measure: true, batches: [1000] }).toThrow(ShapeError);
    model.dispose();
    await bad({ data }).toThrow(DisposedError);
  });
});
