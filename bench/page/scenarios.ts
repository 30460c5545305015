/** Long work in the main thread of a page, and how long it keeps the page from anything else. */
import { syntheticDigits } from '../../datasets/index.js';
import {
  adam,
  createModel,
  createSession,
  gradual,
  iterative,
  prune,
  type Sequential,
} from '../../src/index.js';

/** What one piece of work did to the page. */
export interface Block {
  readonly name: string;
  readonly millis: number;
  /** Longest time between two turns of the page's own timer. */
  readonly longestMillis: number;
  readonly turns: number;
}

const data = syntheticDigits({ samples: 3000, shape: [28, 28], seed: 2 });
const few = { images: data.images.subarray(0, 640 * 784), labels: data.labels.subarray(0, 640) };
const validation = { images: data.images.subarray(0, 1500 * 784), labels: data.labels.subarray(0, 1500) };

const fit = { optimizer: adam(), batchSize: 64, validation };
const works: readonly (readonly [string, 'lenet300' | 'lenet5', (model: Sequential) => Promise<unknown>])[] =
  [
    ['fit, LeNet-300-100', 'lenet300', (model) => model.fit(data.images, data.labels, { ...fit, epochs: 2 })],
    [
      'fit with gradual(), LeNet-300-100',
      'lenet300',
      (model) =>
        model.fit(data.images, data.labels, {
          ...fit,
          epochs: 2,
          pruning: gradual({ sparsity: 0.9, every: 10 }),
        }),
    ],
    ['fit, LeNet-5', 'lenet5', (model) => model.fit(few.images, few.labels, { ...fit, epochs: 1 })],
    [
      'prune, magnitude, 3 rounds, LeNet-300-100',
      'lenet300',
      (model) =>
        prune(model, { sparsity: 0.9, schedule: iterative({ rounds: 3 }), fit: { ...fit, data, epochs: 1 } }),
    ],
    [
      'prune, taylor, LeNet-300-100',
      'lenet300',
      (model) => prune(model, { sparsity: 0.9, criterion: 'taylor', data }),
    ],
    [
      'prune, obs, LeNet-300-100',
      'lenet300',
      (model) => prune(model, { sparsity: 0.9, criterion: 'obs', data: few }),
    ],
    [
      'prune, filters by taylor, LeNet-5',
      'lenet5',
      (model) => prune(model, { sparsity: 0.5, structure: 'filter', criterion: 'taylor', data: few }),
    ],
    ['createSession, LeNet-5', 'lenet5', async (model) => (await createSession(model)).dispose()],
  ];

/** Watches the page while `work` runs. */
async function watched(name: string, work: () => Promise<unknown>): Promise<Block> {
  let [last, longestMillis, turns, running] = [performance.now(), 0, 0, true];
  const tick = () => {
    const now = performance.now();
    longestMillis = Math.max(longestMillis, now - last);
    last = now;
    turns++;
    if (running) setTimeout(tick, 0);
  };
  const start = performance.now();
  setTimeout(tick, 0);
  await work();
  running = false;
  const end = performance.now();
  return { name, millis: end - start, longestMillis: Math.max(longestMillis, end - last), turns };
}

/** All pieces of work, one after the other. */
export async function run(): Promise<Block[]> {
  const blocks: Block[] = [];
  for (const [name, architecture, work] of works) {
    const model = await createModel(architecture, { seed: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    blocks.push(await watched(name, () => work(model)));
    model.dispose();
  }
  return blocks;
}
