/** Logs of fits that were killed: every epoch once, in order. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Callback, csvLog, iterative, jsonlLog, prune } from '../../src/index.js';
import { Killed, killAfter, make, memoryStore, x, y } from './checkpointSupport.js';

let folder = '';
const inFolder = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espalier-logs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const logs = { csvLog, jsonlLog };
const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1);

/** Without what differs from run to run: times. */
function figuresOf(path: string): string[] {
  return linesOf(path).map((line) => {
    if (!line.startsWith('{')) return line.split(',').slice(0, -2).join();
    const { seconds: _, samplesPerSecond: _rate, ...figures } = JSON.parse(line);
    return JSON.stringify(figures);
  });
}

/** Trains in one process after another, each with what kills it, into one log. */
async function trainInto(path: string, log: Callback, kills: readonly (Callback | undefined)[]) {
  const store = memoryStore();
  for (const kill of kills) {
    const { model, options } = await make();
    const callbacks = [log, ...(kill ? [kill] : [])];
    const fit = model.fit(x, y, { ...options, callbacks, checkpoint: { store, everyEpochs: 2 } });
    await fit.catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
    model.dispose();
  }
  return figuresOf(path);
}

describe.each(['csvLog', 'jsonlLog'] as const)('%s', (name) => {
  const log = (file: string) => logs[name](inFolder(file));

  test.each([
    ['before anything but the begin was kept', [8]],
    ['after an epoch that was not kept', [18]],
    ['again and again', [8, 8, 13, 8]],
  ])('writes every epoch once, killed %s', async (_, steps) => {
    const expected = await trainInto(inFolder('whole'), log('whole'), [undefined]);
    const kills = [...steps.map(killAfter), undefined];
    expect(await trainInto(inFolder('killed'), log('killed'), kills)).toEqual(expected);
  });

  test('leaves what other fits have written there, with the same epochs', async () => {
    const other = await trainInto(inFolder('log'), log('log'), [undefined]);
    const { model, options } = await make();
    const call = { ...options, shuffle: false, epochs: 3, callbacks: [log('log')] };
    await model.fit(x, y, call);
    const expected = figuresOf(inFolder('log'));
    model.dispose();
    writeFileSync(inFolder('killed'), '');
    await trainInto(inFolder('killed'), log('killed'), [undefined]);
    const store = memoryStore();
    for (const kill of [[killAfter(2)], [killAfter(7)], []]) {
      const again = await make();
      const callbacks = [log('killed'), ...kill];
      const fit = again.model.fit(x, y, {
        ...call,
        optimizer: again.options.optimizer,
        callbacks,
        checkpoint: { store, everyEpochs: 9 },
      });
      await fit.catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
      again.model.dispose();
    }
    const found = figuresOf(inFolder('killed'));
    expect(found.filter((line) => !line.startsWith('epoch'))).toEqual(
      expected.filter((line) => !line.startsWith('epoch')),
    );
    expect(found.slice(0, other.length)).toEqual(other);
  });

  test('writes the epochs of all rounds of a pruning once', async () => {
    const run = async (file: string, kills: readonly (Callback | undefined)[]) => {
      const store = memoryStore();
      for (const kill of kills) {
        const { model, options } = await make();
        const callbacks = [log(file), ...(kill ? [kill] : [])];
        const fit = { ...options, data: { images: x, labels: y }, epochs: 3, callbacks };
        const checkpoint = { store, everyEpochs: 2, everySteps: 4 };
        await prune(model, { sparsity: 0.6, schedule: iterative({ rounds: 2 }), fit, checkpoint }).catch(
          (error: unknown) => expect(error).toBeInstanceOf(Killed),
        );
        model.dispose();
      }
      return figuresOf(inFolder(file));
    };
    const expected = await run('whole', [undefined]);
    expect(await run('killed', [...[6, 11, 3, 7].map(killAfter), undefined])).toEqual(expected);
  });

  test('goes on behind a line that was being written when the process died', async () => {
    const expected = await trainInto(inFolder('whole'), log('whole'), [undefined]);
    const tear: Callback = {
      ...killAfter(12),
      onEpochEnd: ({ epoch }) =>
        epoch === 2 ? writeFileSync(inFolder('torn'), '{"epo', { flag: 'a' }) : undefined,
    };
    const found = await trainInto(inFolder('torn'), log('torn'), [tear, undefined]);
    expect(found).toEqual(expected);
  });
});
