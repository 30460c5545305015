import { describe, expect, test } from 'vitest';
import { demoHeadline, demoReport, htmlTable, page } from '../../src/report/index.js';
import { safeJson } from '../../src/report/markup.js';
import { expectSound, sampleResult } from './sample.js';

/** The embedded JSON, as a browser's parser would delimit it. */
function embedded(html: string): unknown {
  return JSON.parse(/<script type="application\/json" id="result">(.*?)<\/script>/s.exec(html)![1]!);
}

const charts = (html: string) => html.match(/<svg.*?<\/svg>/gs) ?? [];
const headings = (html: string) => [...html.matchAll(/<h2[^>]*>([^<]*)<\/h2>/g)].map((match) => match[1]);

const sections = [
  'Dense against sparse',
  'Training',
  'Accuracy against sparsity',
  'Speed-up per batch',
  'What the first layer reads',
  'Layers',
  'Environment and how to reproduce',
];

describe('the demo report', () => {
  test('leads with the result in one sentence', () => {
    expect(demoHeadline(sampleResult())).toBe(
      '95 % of the weights removed, 7.9x faster at batch 32, accuracy 98.21 % → 98.15 %',
    );
  });

  test('says slower when the sparse network is slower, and never rounds up to everything removed', () => {
    const { sparse } = sampleResult();
    const bench = [{ batch: 1, denseMicros: 8, sparseMicros: 10, speedup: 0.8 }];
    const headline = demoHeadline(sampleResult({ bench, sparse: { ...sparse, sparsity: 0.99996 } }));
    expect(headline).toContain('99.9 % of the weights removed, 1.3x slower at batch 1');
  });

  test('compares rounds with the validation accuracy of the dense network', () => {
    const html = demoReport(sampleResult()).replaceAll('\u00a0', ' ');
    const dense = sampleResult().training[0]!.history.valAccuracy.at(-1)!;
    const text = `dense ${(100 * dense).toFixed(2)} %`;
    expect(text).toBe('dense 96.33 %');
    const chart = /<svg[^>]*aria-label="What pruning costs.*?<\/svg>/s.exec(html)![0];
    expect(chart).toContain(`>${text}</text>`);
    expect(chart).not.toContain('98.21 %');
    expect(html).toContain('is the validation accuracy of the dense network after its last epoch.');
    const without = demoReport(sampleResult({ training: [] }));
    expect(without).not.toContain('grey dashed line');
  });

  test('has no empty headers, and no landmark but sections', () => {
    const html = demoReport(sampleResult());
    expect(html).not.toMatch(/<th[^>]*><\/th>/);
    expect(html).toContain('<thead><tr><td></td><th scope="col"');
    // A table with the name of its section would be a second landmark of that name.
    expect(html).not.toContain('role="region"');
    expect(html.match(/<div class="scroll" role="group" tabindex="0" aria-label="/g)).toHaveLength(4);
  });

  test('contains every section, one main heading and all charts twice, for screens and phones', () => {
    const html = demoReport(sampleResult());
    expect(headings(html)).toEqual(sections);
    expect(html.match(/<h1/g)).toHaveLength(1);
    expect(charts(html)).toHaveLength(5 * 2 + 1);
    for (const chart of charts(html)) expectSound(chart);
  });

  test('compares accuracy, parameters, bytes and time per batch', () => {
    const html = demoReport(sampleResult()).replaceAll('\u00a0', ' ');
    for (const text of ['−0.06 points', '266,610', '19.4x smaller', '1.07 MB', '64.9 µs', '7.9x faster']) {
      expect(html).toContain(`>${text}</td>`);
    }
  });

  test('counts the unread pixels and shows the command', () => {
    const html = demoReport(sampleResult());
    const unread = sampleResult().pixels.filter((count) => count === 0).length;
    expect(html).toContain(`>${unread}</strong>of 784 pixels are unread`);
    expect(html).toContain('<code>npm start -- --seed 7</code>');
  });

  test('gives equal bytes for equal results', () => {
    expect(demoReport(sampleResult())).toBe(demoReport(sampleResult()));
  });

  test('loads nothing and runs nothing', () => {
    const html = demoReport(sampleResult());
    expect(html).not.toMatch(/https?:\/\/|url\(|@import|\b(src|href)=|\son\w+=|<(link|img|iframe|object)\b/i);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).toContain("default-src 'none'");
  });

  test('embeds the result so that it can be read back', () => {
    expect(embedded(demoReport(sampleResult()))).toEqual(sampleResult());
  });

  test('cannot be broken out of by hostile texts', () => {
    const evil = `</script><script>alert("1")</script><!--<img src='x' onerror=alert(1)>&amp;`;
    const { layers, training, machine } = sampleResult();
    const result = sampleResult({
      command: evil,
      date: evil,
      machine: { ...machine, cpu: evil, node: evil, platform: evil },
      layers: layers.map((layer) => ({ ...layer, name: evil, format: evil, kernel: evil })),
      training: training.map((run) => ({ ...run, name: evil })),
    });
    const html = demoReport(result);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html.match(/<\/script/g)).toHaveLength(1);
    expect(html).not.toMatch(/<img|<!--/);
    expect(embedded(html)).toEqual(result);
  });

  test('stays whole when nothing was measured', () => {
    const html = demoReport(sampleResult({ bench: [], training: [], rounds: [], layers: [], pixels: [] }));
    expect(headings(html)).toEqual(sections);
    for (const chart of charts(html)) expectSound(chart);
  });

  test('writes n/a, never NaN, for numbers that are missing', () => {
    const html = demoReport(
      sampleResult({
        dense: { accuracy: Number.NaN, parameters: 0, bytes: 0 },
        sparse: { accuracy: Number.NaN, sparsity: Number.NaN, parameters: 0, bytes: 0 },
        bench: [{ batch: 1, denseMicros: 0, sparseMicros: 0, speedup: Number.NaN }],
        layers: [{ name: 'empty', shape: [0, 0], weights: 0, live: 0, format: 'dense', kernel: 'none' }],
      }),
    );
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
    expect(html).toContain('n/a');
  });
});

describe('pages', () => {
  test('escape every text of theirs', () => {
    const evil = '<u>&"\'';
    const tile = { label: evil, value: evil, detail: evil };
    const texts = { title: evil, kicker: evil, headline: evil, summary: evil };
    const html = page({ ...texts, tiles: [tile], sections: [{ heading: evil, body: '' }], data: evil });
    expect(html).not.toContain('<u>');
    expect(embedded(html)).toBe(evil);
  });

  test('head rows of tables with their first cell', () => {
    const html = htmlTable('Layers', [
      ['layer', 'weights'],
      ['<1>', '10'],
    ]);
    expect(html).toContain('<th scope="row">&lt;1&gt;</th><td class="right">10</td>');
    expect(html).toContain('<caption><span>Layers</span></caption>');
  });

  test('write JSON that no HTML parser can misread', () => {
    const json = safeJson({ text: '</script>\u2028&' });
    expect(json).not.toMatch(/[<>&\u2028]/);
    expect(JSON.parse(json)).toEqual({ text: '</script>\u2028&' });
    expect(safeJson(undefined)).toBe('null');
  });
});
