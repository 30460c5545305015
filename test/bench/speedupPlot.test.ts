import { describe, expect, test } from 'vitest';
import { type SpeedupBatch, type SpeedupData, speedupPlot } from '../../bench/plots/speedup.js';
import { expectSound } from '../report/sample.js';
import { sampleSpeedups } from './sample.js';
import { collisions, textBoxes } from './textBoxes.js';

/** The two layouts in the file, each with its size and its texts. */
function layouts(svg: string) {
  const found = svg.matchAll(
    /<svg class="(wide|narrow)" viewBox="0 0 (\d+) ([\d.]+)" font-size="([\d.]+)".*?<\/svg>/gs,
  );
  return [...found].map(([markup, name, width, height, font]) => ({
    name: name!,
    width: Number(width),
    height: Number(height),
    markup,
    boxes: textBoxes(markup, Number(font)),
  }));
}

const batches = (change: (batch: SpeedupBatch) => Partial<SpeedupBatch>): SpeedupData =>
  sampleSpeedups({ batches: sampleSpeedups().batches.map((batch) => ({ ...batch, ...change(batch) })) });

const cases: Record<string, SpeedupData> = {
  'the sample': sampleSpeedups(),
  'no peers': batches(() => ({ peers: [] })),
  'no points': batches(() => ({ points: [] })),
  'no batches': sampleSpeedups({ batches: [] }),
  'one batch': sampleSpeedups({ batches: sampleSpeedups().batches.slice(0, 1) }),
  'eight equal peers': batches(() => ({
    peers: Array.from({ length: 8 }, (_, i) => ({ name: `engine number ${i}`, speedup: 0.3 })),
  })),
  'fast peers, slow ours': batches(({ points, peers }) => ({
    points: points.map(({ sparsity }) => ({ sparsity, speedup: 0.8 })),
    peers: peers.map(({ name }) => ({ name, speedup: 3 })),
  })),
  'a name that is too long': batches(() => ({ peers: [{ name: 'engine '.repeat(20), speedup: 2 }] })),
  'sixty times': batches(({ points }) => ({ points: [...points, { sparsity: 0.995, speedup: 62 }] })),
  'values that are not finite': batches(({ points }) => ({
    points: [...points, { sparsity: 1, speedup: 3 }, { sparsity: 0.5, speedup: Number.NaN }],
    peers: [{ name: 'failed', speedup: Number.NaN }],
  })),
  'a long title and machine': sampleSpeedups({
    title: 'LeNet-300-100, pruned by magnitude: how many times faster than our own dense engine',
    machine: `${sampleSpeedups().machine}, one thread, medians of 31 interleaved rounds, float32 in and out`,
  }),
};

describe('the speed-up plot', () => {
  for (const [name, data] of Object.entries(cases)) {
    test(`is sound with ${name}, and its texts neither overlap nor leave the image`, () => {
      const svg = speedupPlot(data);
      expectSound(svg);
      expect(layouts(svg).map((layout) => layout.name)).toEqual(['wide', 'narrow']);
      for (const { boxes, width, height } of layouts(svg)) {
        expect(collisions(boxes)).toEqual([]);
        for (const box of boxes) {
          expect(box.left, box.text).toBeGreaterThanOrEqual(0);
          expect(box.right, box.text).toBeLessThanOrEqual(width);
          expect(box.bottom, box.text).toBeLessThanOrEqual(height);
        }
      }
    });
  }

  test('names every batch and every engine with its value, and gives the best value, in both layouts', () => {
    for (const { boxes, markup } of layouts(speedupPlot(sampleSpeedups()))) {
      const texts = boxes.map((box) => box.text);
      for (const batch of [1, 8, 32, 256]) expect(texts).toContain(`batch ${batch}`);
      const peers = ['onnxruntime-node 1.7x', 'LiteRT 0.62x', 'tfjs-wasm 0.60x', 'onnxruntime-web 0.50x'];
      for (const peer of [...peers, 'jax-js 0.45x']) expect(texts).toContain(peer);
      for (const best of ['12x', '22x', '28x', '31x']) expect(texts).toContain(best);
      expect(markup.match(/<title>/g)).toHaveLength(4 * 7);
      expect(markup).toContain('<title>95 % zeros: 8.6x</title>');
      expect(markup).toContain(sampleSpeedups().title);
      expect(markup).toContain(sampleSpeedups().machine);
    }
  });

  test('draws the ideal straight, since it has one slope in all panels of a layout', () => {
    for (const { markup } of layouts(speedupPlot(sampleSpeedups()))) {
      const lines = [
        ...markup.matchAll(/x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="([\d.]+)" class="ideal/g),
      ];
      const slopes = lines.slice(1).map(([, x1, y1, x2, y2]) => (+y2! - +y1!) / (+x2! - +x1!));
      expect(slopes).toHaveLength(4);
      for (const slope of slopes) expect(slope).toBeCloseTo(slopes[0]!, 2);
    }
  });

  test('gives equal bytes for equal data, whatever the order of points and engines', () => {
    const turned = batches(({ points, peers }) => ({
      points: [...points].reverse(),
      peers: [...peers].reverse(),
    }));
    expect(speedupPlot(sampleSpeedups())).toBe(speedupPlot(sampleSpeedups()));
    const paths = (data: SpeedupData) => speedupPlot(data).match(/<path[^>]*>/g);
    expect(paths(turned)).toEqual(paths(sampleSpeedups()));
  });

  test('is a file of its own that loads nothing, for light and dark', () => {
    const svg = speedupPlot(sampleSpeedups());
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"[^>]* width="860" height="\d+">/);
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|url\(|@import|href|<script|\son\w+=/,
    );
    expect(svg).toContain('prefers-color-scheme:dark');
    expect(/<style>(.*?)<\/style>/s.exec(svg)![1]).not.toMatch(/[<&]/);
  });

  test('escapes every text of others', () => {
    const evil = '</svg><script>"\'&';
    const svg = speedupPlot({
      ...batches(() => ({ peers: [{ name: evil, speedup: 1 }] })),
      title: evil,
      machine: evil,
    });
    expectSound(svg);
    expect(svg).not.toContain('<script');
  });
});
