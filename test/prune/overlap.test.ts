import { describe, expect, test } from 'vitest';
import {
  block,
  DisposedError,
  dense,
  maskOverlap,
  OptionError,
  prune,
  relu,
  ShapeError,
  sequential,
} from '../../src/index.js';
import { sparse, values } from '../model/support.js';

const small = async (seed: number, storage: 'dense' | 'sparse' | 'block2' = 'dense') =>
  sequential({ inputShape: [9], seed, storage }, [dense(7), relu(), dense(5)]);

describe('overlap of masks', () => {
  test('counts literal masks, and what chance would give', () => {
    const a = [Uint8Array.of(1, 1, 1, 0, 0, 0, 0, 0), Uint8Array.of(1, 0)];
    const b = [Float32Array.of(0, -2, 0.5, 3, -0, 0, 0, 1), Float32Array.of(0, 0)];
    const { tensors, total } = maskOverlap(a, b);
    const first = { name: 'tensor 1', weights: 8, a: 3, b: 4, both: 2, jaccard: 2 / 5, expected: 1.5 };
    const second = { name: 'tensor 2', weights: 2, a: 1, b: 0, both: 0, jaccard: 0, expected: 0 };
    expect(tensors).toEqual([first, second]);
    expect(total).toEqual({ name: 'total', weights: 10, a: 4, b: 4, both: 2, jaccard: 2 / 6, expected: 1.5 });
  });

  test('is whole for a model and itself, and for two empty masks', async () => {
    const model = await small(3);
    expect(maskOverlap(model, model).total).toMatchObject({
      a: 98,
      b: 98,
      both: 98,
      jaccard: 1,
      expected: 98,
    });
    expect(maskOverlap([new Uint8Array(4)], [new Uint8Array(4)]).total.jaccard).toBe(1);
    expect(maskOverlap([], []).total).toMatchObject({ weights: 0, jaccard: 1, expected: 0 });
    model.dispose();
  });

  test('of models is that of their masks, in every storage', async () => {
    const [a, b] = [await small(1, 'sparse'), await small(2)];
    await prune(a, { sparsity: 0.6, criterion: 'random' });
    await prune(b, { sparsity: 0.3 });
    expect(a.layers[0]!.weight!.storage).toBe('csr');
    const masks = (model: typeof a) => model.layers.flatMap(({ weight }) => (weight ? [weight.mask!] : []));
    const found = maskOverlap(a, b);
    const plain = maskOverlap(masks(a), masks(b));
    expect(found.tensors.map(({ name }) => name)).toEqual(['dense1.weight', 'dense2.weight']);
    expect(found.total).toEqual(plain.total);
    expect(maskOverlap(b, masks(a)).total.both).toBe(found.total.both);
    const blocks = await small(1, 'block2');
    await prune(blocks, { sparsity: 0.5, structure: block(2, 1) });
    expect(maskOverlap(blocks, blocks).total).toMatchObject({ jaccard: 1, both: blocks.summary().live - 12 });
    for (const model of [a, b, blocks]) model.dispose();
  });

  test('of random masks comes close to chance', () => {
    const mask = (seed: number, share: number) => sparse(values(40_000, 1, 1), share, seed);
    const { total } = maskOverlap([mask(1, 0.8)], [mask(2, 0.9)]);
    expect(total).toMatchObject({ a: 8000, b: 4000, expected: 800 });
    // Four standard deviations of the hypergeometric distribution.
    expect(Math.abs(total.both - 800)).toBeLessThan(4 * Math.sqrt(800 * 0.8 * 0.9));
  });

  test('prints a table', () => {
    const text = maskOverlap([Uint8Array.of(1, 1, 0, 0)], [Uint8Array.of(0, 1, 1, 0)]).toString();
    const rows = text.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows[1]).toEqual(['tensor 1', '4', '2', '2', '1', '1.0', '33.33 %', '33.33 %']);
    expect(rows).toHaveLength(3);
  });

  test('refuses other shapes, other numbers of weights, and what is no mask', async () => {
    const model = await small(1);
    const other = await sequential({ inputShape: [7], seed: 1 }, [dense(9), relu(), dense(5)]);
    expect(() => maskOverlap(model, other)).toThrow(
      /^maskOverlap: dense1.weight must have the same shape in both, got 7 x 9 and 9 x 7/,
    );
    expect(() => maskOverlap([new Uint8Array(3)], [new Uint8Array(4)])).toThrow(ShapeError);
    expect(() => maskOverlap(model, [new Uint8Array(63)])).toThrow(/must have as many weights, got 2 and 1/);
    for (const wrong of [null, 3, {}, 'mask']) {
      expect(() => maskOverlap(model, wrong as never)).toThrow(OptionError);
    }
    expect(() => maskOverlap([[1, 0]] as never, [])).toThrow(OptionError);
    model.dispose();
    expect(() => maskOverlap(model, other)).toThrow(DisposedError);
    other.dispose();
  });
});
