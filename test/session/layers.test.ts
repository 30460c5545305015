/** The numbers of session.layers, which must agree with each other and with profile(). */
import { describe, expect, test } from 'vitest';
import {
  conv2d,
  createSession,
  dense,
  flatten,
  type LayerSpec,
  relu,
  type Sequential,
  sequential,
} from '../../src/index.js';
import type { KernelChoice } from '../../src/session/planner.js';

async function layersOf(model: Sequential, batch: number, kernels: KernelChoice = 'auto') {
  const session = await createSession(model, { batch, kernels });
  const { layers } = session;
  session.dispose();
  return layers;
}

describe('multiply-adds are those that the kernel does, padding included', () => {
  // Row r reads the inputs from r on: 35 of 56 weights.
  const staircase = Float32Array.from({ length: 56 }, (_, i) => (i % 8 >= Math.floor(i / 8) ? i + 1 : 0));

  test.each([
    ['dense', 1, 16 * 8],
    ['columns', 1, 16 * 8],
    ['csr', 1, 8 * 4 + 4 * 4],
    ['block4', 1, 8 * 16],
    ['dense', 32, 10 * 8],
    ['csr', 32, 35],
    ['block2', 32, 20 * 2],
    ['block4', 32, 12 * 4],
  ] as const)('of 7 rows by 8 inputs as %s at batch %i', async (kernels, batch, expected) => {
    const model = await sequential({ inputShape: [8] }, [dense(7)]);
    model.setWeights([staircase, new Float32Array(7)]);
    const [layer] = await layersOf(model, batch, kernels);
    expect(layer).toMatchObject({
      format: kernels,
      multiplyAdds: expected,
      theoreticalSpeedup: 56 / expected,
    });
    expect(layer!.bytes).toBeGreaterThanOrEqual(expected * 4);
    model.dispose();
  });

  test('of few rows dense tiles need no padding', async () => {
    const model = await sequential({ inputShape: [8] }, [dense(3)]);
    expect((await layersOf(model, 32))[0]).toMatchObject({
      multiplyAdds: 24,
      bytes: 96,
      theoreticalSpeedup: 1,
    });
    model.dispose();
  });

  test('of blocks those that are there, not those that might be', async () => {
    const model = await sequential({ inputShape: [8] }, [dense(8)]);
    // One block of eight without a weight: too few zeros for the planner to look for blocks.
    model.setWeights([
      Float32Array.from({ length: 64 }, (_, i) => (i < 32 && i % 8 === 5 ? 0 : 1)),
      new Float32Array(8),
    ]);
    expect((await layersOf(model, 32, 'block4'))[0]).toMatchObject({ format: 'block4', multiplyAdds: 60 });
    model.dispose();
  });

  test('of filters that are packed by fives', async () => {
    const model = await sequential({ inputShape: [1, 4, 4] }, [conv2d(7, 3)]);
    const [layer] = await layersOf(model, 8);
    expect(layer).toMatchObject({ kernel: 'conv_dense_f32', multiplyAdds: 10 * 9 * 4, bytes: 10 * 9 * 4 });
    expect(layer!.theoreticalSpeedup).toBeCloseTo(0.7, 12);
    model.dispose();
  });
});

describe('the border around an image is no multiply-add of a layer', () => {
  test.each<[string, number[], LayerSpec, number]>([
    ['a window about one pixel', [1, 1, 1], conv2d(2, 3, { padding: 1 }), 2],
    ['padding on all sides', [1, 3, 3], conv2d(2, 3, { padding: 1 }), 2 * 7 * 7],
    ['no padding', [2, 5, 4], conv2d(3, [3, 2]), 3 * 2 * 6 * 9],
    ['strides and dilation', [2, 6, 5], conv2d(3, 3, { stride: 2, dilation: 2, padding: 2 }), 3 * 2 * 7 * 7],
    ['groups', [4, 3, 3], conv2d(4, 3, { padding: 1, groups: 2 }), 4 * 2 * 7 * 7],
  ])('with %s', async (_, inputShape, layer, expected) => {
    const model = await sequential({ inputShape, seed: 1 }, [layer]);
    for (const kernels of ['auto', 'dense', 'csr'] as const) {
      const session = await createSession(model, { batch: 1, kernels });
      expect(session.layers[0]!.denseMultiplyAdds).toBe(expected);
      const ones = new Float32Array(inputShape.reduce((a, b) => a * b)).fill(1);
      const { dense: all, live, mean } = session.profile(ones).multiplyAdds;
      expect({ all, live, mean }).toEqual({ all: expected, live: expected, mean: expected });
      session.dispose();
    }
    model.dispose();
  });

  test('but the kernel does it, in every format alike', async () => {
    const model = await sequential({ inputShape: [1, 1, 1], seed: 1 }, [conv2d(2, 3, { padding: 1 })]);
    for (const kernels of ['dense', 'csr', 'block2'] as const) {
      expect((await layersOf(model, 1, kernels))[0]).toMatchObject({
        multiplyAdds: 18,
        theoreticalSpeedup: 1,
      });
    }
    model.dispose();
  });
});

describe('what was dropped', () => {
  /** Hidden units 0 to 9 of 20 have no weight, 10 to 14 no reader; the last layer has zeros among what is left. */
  async function halfGone(): Promise<Sequential> {
    const model = await sequential({ inputShape: [20], seed: 1 }, [dense(20), relu(), dense(8)]);
    const [first, bias, last, rest] = model.getWeights() as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    first.fill(0, 0, 200);
    bias.fill(0);
    last.forEach((_, i) => {
      const [row, col] = [Math.floor(i / 20), i % 20];
      last[i] = (col >= 10 && col < 15) || (row + col) % 5 === 0 ? 0 : 1;
    });
    model.setWeights([first, bias, last, rest]);
    return model;
  }

  test('is told by the layer that made it and by the one that read it, and reasons speak of what is left', async () => {
    const model = await halfGone();
    const [first, , last] = await layersOf(model, 32);
    expect(first).toMatchObject({ shape: [20, 20], nnz: 200, multiplyAdds: 5 * 20 });
    expect(first!.why).toBe('of what is left, no zeros; 5 dead units and 10 constant units dropped');
    // Left are 8 x 5, one zero in each row.
    expect(last).toMatchObject({ shape: [8, 20], nnz: 96, sparsity: 0.4, denseMultiplyAdds: 160 });
    expect(last!.why).toBe('of what is left, 20.0 % zeros do not pay here; 15 inputs dropped');
    model.dispose();
  });

  test('is not in the reason when a format was asked for, nor when all is left', async () => {
    const model = await halfGone();
    const why = async (kernels: KernelChoice) => (await layersOf(model, 32, kernels))[2]!.why;
    expect(await why('csr')).toBe("kernels: 'csr' was asked for; 15 inputs dropped");
    expect(await why('dense')).toBe("kernels: 'dense' was asked for");
    model.dispose();
    const full = await sequential({ inputShape: [20], seed: 1 }, [dense(20)]);
    expect((await layersOf(full, 32))[0]!.why).toBe('no zeros');
    full.dispose();
  });

  test('goes on behind channels of an image', async () => {
    const layers = [conv2d(3, 1), flatten(), dense(4), relu(), dense(3)];
    const model = await sequential({ inputShape: [1, 2, 3], seed: 1 }, layers);
    const weights = model.getWeights();
    for (let i = 0; i < 72; i++) if (i % 18 < 6) weights[2]![i] = 0; // nobody reads channel 0
    for (let i = 0; i < 12; i += 4) weights[4]![i] = 0; // nor unit 0
    model.setWeights(weights);
    const why = (await layersOf(model, 8)).filter(({ format }) => format !== '-').map((layer) => layer.why);
    expect(why).toEqual([
      'of what is left, no zeros; 1 dead channel dropped',
      'of what is left, no zeros; 6 inputs dropped; 1 dead unit dropped',
      'of what is left, no zeros; 1 input dropped',
    ]);
    model.dispose();
  });
});

describe('the planner counts the rows that fill up groups of blocks', () => {
  /** Blocks of 4 x 1, of which `share` of ten are zero. */
  const blocks = (rows: number, cols: number, share: number) =>
    Float32Array.from({ length: rows * cols }, (_, i) =>
      (Math.floor(i / cols / 4) * 3 + (i % cols) * 7) % 10 < share ? 0 : 1,
    );

  test('so that one sample does not take blocks of four rows where a group of sixteen is more than all weights', async () => {
    const model = await sequential({ inputShape: [20] }, [dense(4)]);
    const weight = Float32Array.from({ length: 80 }, (_, i) =>
      (Math.floor(i / 20) * 3 + i * 7) % 10 < 3 ? 0 : 1,
    );
    model.setWeights([weight, new Float32Array(4)]);
    const [layer] = await layersOf(model, 1);
    expect(layer).toMatchObject({ format: 'csr', multiplyAdds: 56 });
    expect((await layersOf(model, 1, 'block4'))[0]!.multiplyAdds).toBe(320);
    model.dispose();
  });

  test('and still takes them where groups are full', async () => {
    const model = await sequential({ inputShape: [64] }, [dense(64)]);
    model.setWeights([blocks(64, 64, 7), new Float32Array(64)]);
    expect((await layersOf(model, 1))[0]!.format).toBe('block4');
    model.dispose();
  });
});
