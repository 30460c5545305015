import { describe, expect, test } from 'vitest';
import { liveParameters } from '../../bench/experiments/liveParameters.js';
import { dense, prune, relu, sequential } from '../../src/index.js';

/** Masks of the layers of a 4-3-2-2 network. */
async function count(...masks: readonly (readonly number[])[]) {
  const model = await sequential({ inputShape: [4] }, [dense(3), relu(), dense(2), relu(), dense(2)]);
  model.parameters
    .filter(({ prunable }) => prunable)
    .forEach((weight, i) => {
      weight.setMask(Uint8Array.from(masks[i]!));
    });
  const result = liveParameters(model);
  model.dispose();
  return result;
}

describe('live parameters', () => {
  test('are all of a dense network', async () => {
    const model = await sequential({ inputShape: [4] }, [dense(3), relu(), dense(2)]);
    expect(liveParameters(model)).toEqual({ weights: [12, 6], units: [4, 3, 2], biases: 5, total: 23 });
    model.dispose();
  });

  test('leave out units that are not read, constants, and in turn what only they need', async () => {
    const live = await count(
      [1, 1, 0, 0, /**/ 0, 0, 1, 0, /**/ 0, 0, 0, 0],
      [1, 0, 1, /**/ 0, 1, 1],
      [1, 0, /**/ 1, 0],
    );
    // The second unit of the last hidden layer is not read, so neither is the second of the first, nor the third pixel;
    // the third unit of the first layer is a constant.
    expect(live).toEqual({ weights: [2, 1, 2], units: [2, 1, 1, 2], biases: 4, total: 9 });
  });

  test('are the biases of the outputs when a layer is empty', async () => {
    const live = await count(Array(12).fill(1), Array(6).fill(0), Array(4).fill(1));
    expect(live).toEqual({ weights: [0, 0, 0], units: [0, 0, 0, 2], biases: 2, total: 2 });
  });

  test('are the same however weights are stored', async () => {
    const model = await sequential({ inputShape: [20] }, [dense(16), relu(), dense(9), relu(), dense(4)]);
    await prune(model, { sparsity: 0.8 });
    model.setStorage('dense');
    const live = liveParameters(model);
    model.setStorage('csr');
    expect(liveParameters(model)).toEqual(live);
    model.dispose();
  });
});
