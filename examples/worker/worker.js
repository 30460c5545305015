// The worker: trains, prunes while it trains, reports every epoch, and stops when told to.
import { adam, dense, gradual, relu, sequential } from 'espalier';
import { syntheticDigits } from 'espalier/datasets';

let abort = new AbortController();
const say = (text, more = {}) => postMessage({ text, ...more });
const percent = (share) => `${(share * 100).toFixed(1)} %`;

async function train({ sparsity, epochs }) {
  abort = new AbortController();
  const { images, labels } = syntheticDigits({ samples: 2000 });
  const model = await sequential({ inputShape: [784], seed: 1 }, [dense(100), relu(), dense(10)]);
  const report = {
    onEpochEnd: ({ epoch, loss, accuracy, sparsity: zeros }) =>
      say(`epoch ${epoch}: loss ${loss.toFixed(3)}, accuracy ${percent(accuracy)}, zeros ${percent(zeros)}`),
  };
  try {
    await model.fit(images, labels, {
      optimizer: adam({ learningRate: 2e-3 }),
      epochs,
      batchSize: 32,
      pruning: gradual({ sparsity, every: 20 }),
      callbacks: [report],
      signal: abort.signal,
    });
    say('trained', { done: true, model: model.encode() });
  } catch (error) {
    say(error.code === 'ABORTED' ? 'stopped' : error.message, { done: true });
  } finally {
    model.dispose();
  }
}

addEventListener('message', ({ data }) => {
  if (data.stop) abort.abort();
  if (data.start) train(data.start);
});
