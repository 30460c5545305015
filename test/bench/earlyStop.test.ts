import { expect, test } from 'vitest';
import { EarlyStop } from '../../bench/experiments/earlyStop.js';
import { syntheticDigits } from '../../datasets/index.js';
import { adam, dense, relu, type Sequential, sequential } from '../../src/index.js';

const train = syntheticDigits({ samples: 500, seed: 1 });
const held = syntheticDigits({ samples: 200, seed: 2 });
const network = () => sequential({ inputShape: [784], seed: 3 }, [dense(20), relu(), dense(10)]);

/** Trains for eight steps an epoch. */
async function fitted(model: Sequential, stop?: EarlyStop): Promise<Float32Array> {
  await model.fit(train.images, train.labels, {
    optimizer: adam({ learningRate: 0.02 }),
    batchSize: 64,
    epochs: 4,
    callbacks: stop ? [stop.callback] : [],
  });
  return model.getWeights()[0]!;
}

test('watching a fit changes nothing about it', async () => {
  const [plain, watched] = [await network(), await network()];
  const expected = await fitted(plain);
  const stop = new EarlyStop(watched, held, 5);
  expect(await fitted(watched, stop)).toEqual(expected);
  stop.figures(held);
  expect(watched.getWeights()[0]).toEqual(expected);
  plain.dispose();
  watched.dispose();
});

test('the step of least validation loss is one that was looked at, with the errors of the network as it was', async () => {
  const model = await network();
  const losses = new Map<number, number>();
  const stop = new EarlyStop(model, held, 5);
  let steps = 0;
  const look = {
    onStep: () => {
      if (++steps % 5 === 0)
        void model.evaluate(held.images, held.labels).then(({ loss }) => losses.set(steps, loss));
    },
  };
  await model.fit(train.images, train.labels, { batchSize: 64, epochs: 4, callbacks: [stop.callback, look] });
  const figures = stop.figures(held);
  expect(figures.stopStep! % 5).toBe(0);
  expect(figures.stopValidationLoss).toBe(Math.min(...losses.values()));
  expect(figures.stopTestError).toBe(figures.stopValidationError);
  model.dispose();
});
