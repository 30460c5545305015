/** Evaluation of much data: others have their turn, and what they do does not count. */
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  batchNorm,
  DataError,
  dense,
  MemoryError,
  relu,
  type Sequential,
  sequential,
} from '../../src/index.js';
import { type Engine, sharedEngine } from '../../src/runtime/engine.js';
import { sparse, values } from '../model/support.js';
import { beforeAllocations } from '../support/faults.js';

const SAMPLES = 64 * 3 + 5;
const x = values(SAMPLES * 6, 1);
const labels = Uint8Array.from({ length: SAMPLES }, (_, i) => (i * 5) % 3);

let engine: Engine;
beforeAll(async () => {
  engine = await sharedEngine();
});

async function build(): Promise<Sequential> {
  const model = await sequential({ inputShape: [6], seed: 2 }, [dense(40), batchNorm(), relu(), dense(3)]);
  model.setWeights(model.getWeights().map((weights, i) => (i === 0 ? sparse(weights, 0.9, 4) : weights)));
  model.setStorage('csr');
  return model;
}

/** Every look at the clock finds that a second has passed: a turn is due after each batch. */
function slowClock(): void {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('evaluate', () => {
  test('gives others a turn between batches, and the same figures', async () => {
    const model = await build();
    const expected = await model.evaluate(x, labels);
    slowClock();
    let turns = 0;
    let over = false;
    const count = () => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    expect(await model.evaluate(x, labels)).toEqual(expected);
    over = true;
    expect(turns).toBeGreaterThanOrEqual(3);
    model.dispose();
  });

  const changes: readonly (readonly [string, (model: Sequential) => void])[] = [
    ['setWeights', (model) => model.setWeights(model.getWeights().map((weights) => weights.fill(0)))],
    ['trainOnBatch', (model) => void model.trainOnBatch(x, labels)],
    ['setStorage', (model) => model.setStorage('dense')],
    ['resize', (model) => model.resize({ graph: model.graph, parameters: allOf(model) })],
    ['dispose', (model) => model.dispose()],
  ];
  const allOf = ({ parameters }: Sequential) =>
    parameters.map(({ rows }, from) => ({
      from,
      rows: Uint32Array.from({ length: rows }, (_, i) => i),
      cols: null,
    }));

  test.each(changes)(
    'is that of the model when it was called, whatever %s does meanwhile',
    async (_, change) => {
      const model = await build();
      const before = engine.memory.liveBytes;
      const expected = await model.evaluate(x, labels);
      slowClock();
      const evaluating = model.evaluate(x, labels);
      change(model);
      expect(await evaluating).toEqual(expected);
      model.dispose();
      expect(engine.memory.liveBytes).toBeLessThan(before);
    },
  );

  test('refuses data before it gives a turn, and gives its memory back', async () => {
    const model = await build();
    const before = engine.memory.liveBytes;
    slowClock();
    await expect(
      model.evaluate(
        x,
        labels.map(() => 3),
      ),
    ).rejects.toThrow(DataError);
    expect(engine.memory.liveBytes).toBe(before);
    model.dispose();
  });

  test('gives its memory back when an allocation is refused, whichever it is', async () => {
    const model = await build();
    const before = engine.memory.liveBytes;
    slowClock();
    for (let n = 1; ; n++) {
      let left = n;
      const end = beforeAllocations(engine.memory, () => {
        if (--left === 0) throw new MemoryError('Memory: refused by a test, got an allocation');
      });
      const outcome = await model.evaluate(x, labels).catch((error: unknown) => error);
      end();
      expect(engine.memory.liveBytes).toBe(before);
      if (!(outcome instanceof MemoryError)) break;
    }
    model.dispose();
  });
});
