/** A fit ends everything that it began, and throws the first error that there was. */
import { describe, expect, test } from 'vitest';
import { dense, type FitOptions, l0, relu, sequential, type TrainingPruning } from '../../src/index.js';
import type { PruningProcess } from '../../src/train/pruning.js';
import { fingerprint, values } from '../model/support.js';
import { demandOf, withRefusals } from '../support/faults.js';
import { killAfter, memoryStore } from './checkpointSupport.js';

const x = values(24 * 12, 3);
const y = Uint8Array.from({ length: 24 }, (_, i) => i % 3);

const build = () => sequential({ inputShape: [12], seed: 5 }, [dense(16), relu(), dense(3)]);

/** Pruning and augmentation that write down what is ended; the end of pruning throws. */
function ending() {
  const ended: string[] = [];
  const process: PruningProcess = {
    observe: () => undefined,
    rewire: () => false,
    state: () => null,
    restore() {},
    end() {
      ended.push('pruning');
      throw new Error('the end of pruning');
    },
  };
  const pruning: TrainingPruning = { kind: 'mine', options: {}, start: () => process };
  const augment = {
    kind: 'mine',
    options: {},
    start: () => ({ apply() {}, end: () => void ended.push('augmentation') }),
  } as unknown as NonNullable<FitOptions['augment']>;
  return { ended, pruning, augment };
}

describe('where the end of pruning throws', () => {
  test('the error before it is the one that is told, and augmentation ends too', async () => {
    const model = await build();
    const { ended, pruning, augment } = ending();
    const callbacks = [{ onFitBegin: () => Promise.reject(new Error('the first')) }];
    const fit = model.fit(x, y, { epochs: 1, pruning, augment, callbacks });
    await expect(fit).rejects.toThrow('the first');
    expect(ended).toEqual(['pruning', 'augmentation']);
    model.dispose();
  });

  test('it is told where there was no other, and augmentation ends too', async () => {
    const model = await build();
    const { ended, pruning, augment } = ending();
    await expect(model.fit(x, y, { epochs: 1, pruning, augment })).rejects.toThrow('the end of pruning');
    expect(ended.at(-1)).toBe('augmentation');
    model.dispose();
  });

  test('a fit whose buffers are refused tells that, and ends both', async () => {
    const model = await build();
    const { memory } = model.engine;
    const { ended, pruning, augment } = ending();
    const fit = () => model.fit(x, y, { epochs: 1, pruning, augment });
    await expect(withRefusals(memory, () => true, fit)).rejects.toThrow('refused by a test');
    expect(ended).toEqual(['pruning', 'augmentation']);
    model.dispose();
  });

  test('a checkpoint that does not fit is taken back all the same', async () => {
    const { ended, pruning } = ending();
    const script = async (callbacks: FitOptions['callbacks'] = []) => {
      const model = await build();
      return { model, x, y, options: { epochs: 2, batchSize: 8, pruning, callbacks } };
    };
    const store = memoryStore();
    const whole = { ...pruning, start: () => ({ ...pruning.start(null!, null!), end() {} }) };
    const first = await script();
    const kept = { ...first.options, pruning: whole, checkpoint: { store, everySteps: 1 } };
    await expect(first.model.fit(x, y, { ...kept, callbacks: [killAfter(4)] })).rejects.toThrow();
    first.model.dispose();
    const second = await script();
    const before = [fingerprint(second.model), second.model.clock.steps, second.model.rewindPoint];
    const callbacks = [{ onFitBegin: () => Promise.reject(new Error('the first')) }];
    const fit = second.model.fit(x, y, { ...second.options, callbacks, checkpoint: store });
    await expect(fit).rejects.toThrow('the first');
    expect(ended).toContain('pruning');
    expect([fingerprint(second.model), second.model.clock.steps, second.model.rewindPoint]).toEqual(before);
    second.model.dispose();
  });
});

test('a fit that is refused its buffers gives the memory of pruning back', async () => {
  const model = await build();
  const { memory } = model.engine;
  await model.fit(x, y, { epochs: 1, pruning: l0() });
  const before = memory.liveBytes;
  const { count } = await demandOf(memory, () => model.fit(x, y, { epochs: 1, pruning: l0() }));
  const spent = memory.liveBytes - before;
  for (let k = 1; k <= count; k++) {
    const live = memory.liveBytes;
    const fit = () => model.fit(x, y, { epochs: 1, pruning: l0() });
    await withRefusals(memory, (_, n) => n === k, fit).catch(() => undefined);
    expect(memory.liveBytes - live).toBeLessThanOrEqual(spent);
  }
  model.dispose();
});
