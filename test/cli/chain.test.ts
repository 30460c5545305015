import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onlyJson, run, temporaryFolder } from './support.js';

const folder = temporaryFolder();
const [model, pruned] = [folder.path('deep/er/model.safetensors'), folder.path('pruned.safetensors')];
const synthetic = ['--data', 'synthetic', '--json'];

describe('train, prune, evaluate, inspect and bench, one after another', () => {
  let trained: { test: { accuracy: number }; parameters: number; bytes: number };

  beforeAll(async () => {
    const small = ['--layers', '32,16', '--epochs', '8', '--out', model];
    trained = onlyJson(await run(['train', ...small, ...synthetic]));
  });
  afterAll(folder.remove);

  it('train learns, and saves what it says', () => {
    expect(trained.test.accuracy).toBeGreaterThan(0.9);
    expect(trained.parameters).toBe(784 * 32 + 32 + 32 * 16 + 16 + 160 + 10);
    expect(readFileSync(model).length).toBe(trained.bytes);
  });

  it('train begins sparse when asked to, and moves connections', async () => {
    const out = [
      '--layers',
      '48',
      '--epochs',
      '12',
      '--learning-rate',
      '0.01',
      '--out',
      folder.path('sparse.safetensors'),
    ];
    const parameters = 784 * 48 + 48 + 480 + 10;
    for (const pruning of ['rigl', 'set', 'none']) {
      const how = ['--sparsity', '0.9', '--pruning', pruning];
      const report = onlyJson<{ test: { accuracy: number }; live: number; sparsity: number; bytes: number }>(
        await run(['train', ...how, ...out, ...synthetic]),
      );
      expect(report.sparsity).toBeCloseTo(0.9, 4);
      expect(report.live).toBe(58 + 38112 - Math.round(0.9 * 38112));
      expect(report.bytes).toBeLessThan(0.15 * 4 * parameters);
      expect(report.test.accuracy).toBeGreaterThan(0.8);
    }
  });

  it('train builds a network by its name, prune removes filters of it', async () => {
    const [whole, half] = [folder.path('lenet5.safetensors'), folder.path('half.safetensors')];
    const how = ['--model', 'lenet5', '--epochs', '1', '--out', whole];
    const report = onlyJson<{ parameters: number; test: { accuracy: number } }>(
      await run(['train', ...how, ...synthetic]),
    );
    expect(report.parameters).toBe(431_080);
    expect(report.test.accuracy).toBeGreaterThan(0.9);
    const cut = ['--structure', 'filter', '--allocation', 'uniform', '--sparsity', '0.5', '--rounds', '1'];
    await run(['prune', whole, ...cut, '--epochs', '0', '--out', half, ...synthetic]);
    const left = onlyJson<{ layers: { name: string; shape: number[] }[] }>(
      await run(['inspect', half, '--json']),
    );
    expect(JSON.stringify(left)).toContain('[25,10,5,5]');
  });

  it('train refuses a name and sizes at once', async () => {
    const both = await run(['train', '--model', 'lenet5', '--layers', '3']);
    expect(both.code).not.toBe(0);
    expect(both.stderr).toMatch(/--model names a whole network, got --layers too/);
  });

  it('train refuses a method of moving connections where none are absent', async () => {
    const out = ['--out', folder.path('none.safetensors')];
    for (const [how, got] of [
      [['--pruning', 'rigl'], 'none'],
      [['--pruning', 'set', '--sparsity', '0'], '--sparsity 0'],
    ] as const) {
      const { code, stderr } = await run(['train', ...how, ...out, ...synthetic]);
      expect(code).toBe(1);
      expect(stderr).toContain(`--pruning ${how[1]} must come with --sparsity above 0, got ${got}`);
    }
    expect(existsSync(folder.path('none.safetensors'))).toBe(false);
  });

  it('names the option that is a folder instead of a file, and refuses batches that take minutes', async () => {
    for (const option of ['out', 'report', 'checkpoint']) {
      const { stderr } = await run(['prune', model, `--${option}`, folder.path('deep')]);
      expect(stderr).toContain(`espalier prune: --${option} must be a file, got the folder`);
    }
    const { stderr } = await run(['bench', model, '--batches', '1,1000000']);
    expect(stderr).toMatch(/^error: espalier bench: --batches must be at most 16384, got 1000000$/m);
  });

  it('the same seed gives the same file, another seed another', async () => {
    const again = async (seed: string) => {
      const out = folder.path(`seed${seed}.safetensors`);
      await run(['train', '--layers', '8', '--epochs', '1', '--seed', seed, '--out', out, ...synthetic]);
      return readFileSync(out);
    };
    const first = await again('5');
    expect((await again('5')).equals(first)).toBe(true);
    expect((await again('6')).equals(first)).toBe(false);
  });

  it('prune reaches the sparsity asked for, and keeps accuracy', async () => {
    const how = ['--sparsity', '0.9', '--rounds', '2', '--epochs', '2', '--out', pruned];
    const report = onlyJson<{ asked: number; reached: number; layers: object[]; after: { test: number } }>(
      await run(['prune', model, ...how, ...synthetic]),
    );
    expect(report.asked).toBe(0.9);
    expect(report.reached).toBeCloseTo(0.9, 4);
    expect(report.layers).toHaveLength(3);
    expect(report.after.test).toBeGreaterThan(0.9);
  });

  it('prune prints a table with asked and reached, for each survivor and allocation', async () => {
    for (const survivors of ['rewind', 'reinit']) {
      const how = ['--allocation', 'uniform', '--survivors', survivors, '--rounds', '1', '--epochs', '1'];
      const out = ['--out', folder.path('other.safetensors'), '--seed', '3', '--data', 'synthetic'];
      const { code, stdout } = await run(['prune', model, '--sparsity', '0.5', ...how, ...out]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/layer +weights +live +asked +reached/);
      expect(stdout).toMatch(/dense1\.weight +25,088 +12,544 +50\.00 % +50\.00 %/);
      expect(stdout).toMatch(/accuracy +before +after/);
    }
  });

  it('prune takes structures and criteria by name', async () => {
    const out = ['--out', folder.path('structured.safetensors')];
    const pruned = async (...how: string[]) =>
      onlyJson<{ asked: number; reached: number; layers: { weights: number }[] }>(
        await run(['prune', model, '--rounds', '1', '--epochs', '0', ...how, ...out, ...synthetic]),
      );
    const weights = (report: Awaited<ReturnType<typeof pruned>>) =>
      report.layers.map((layer) => layer.weights);
    const whole = [784 * 32, 32 * 16, 160];
    expect(await pruned('--structure', '2:4')).toMatchObject({ asked: 0.5, reached: 0.5 });
    const blocks = await pruned('--structure', '4x1', '--sparsity', '0.75', '--criterion', 'taylor');
    expect(blocks.reached).toBeCloseTo(0.75, 3);
    const units = await pruned('--structure', 'neuron', '--sparsity', '0.5', '--allocation', 'uniform');
    expect(weights(units)).toEqual([784 * 16, 16 * 8, 80]);
    const fitted = await pruned('--criterion', 'wanda', '--sparsity', '0.6', '--survivors', 'reconstruct');
    expect([fitted.asked, weights(fitted)]).toEqual([0.6, whole]);
  });

  it('prune shows units before and after where whole units leave', async () => {
    const how = ['--structure', 'neuron', '--sparsity', '0.5', '--allocation', 'uniform', '--rounds', '1'];
    const out = ['--out', folder.path('small.safetensors'), '--data', 'synthetic'];
    const { stdout } = await run(['prune', model, ...how, '--epochs', '0', ...out]);
    expect(stdout).toMatch(/layer +units +after +weights +after/);
    expect(stdout).toMatch(/dense1 +32 +16 +25,088 +12,544/);
    expect(stdout).toMatch(/dense3 +10 +10 +160 +80/);
    expect(stdout).toMatch(/total +58 +34 +25,760 +12,752/);
    expect(stdout).toContain('neurons removed: asked 50.00 %, reached 50.00 %');
    expect(stdout).not.toContain('any');
  });

  it('prune refuses structures that it does not know, and a sparsity beside N:M', async () => {
    for (const [how, message] of [
      [
        ['--structure', '4y1'],
        /--structure must be a name, blocks such as 4x1, or N:M such as 2:4, got "4y1"/,
      ],
      [['--structure', 'nueron'], /did you mean "neuron"/],
      [['--structure', '2:4', '--sparsity', '0.5'], /--sparsity must be left out with --structure 2:4/],
      [['--criterion', 'magnitud'], /did you mean "magnitude"/],
    ] as const) {
      const { code, stderr } = await run(['prune', model, ...how, '--data', 'synthetic']);
      expect(code).not.toBe(0);
      expect(stderr).toMatch(message);
    }
  });

  it('evaluate measures the saved model as train did', async () => {
    const { accuracy, samples } = onlyJson(await run(['evaluate', model, ...synthetic]));
    expect({ accuracy, samples }).toEqual({ accuracy: trained.test.accuracy, samples: 300 });
    expect((await run(['evaluate', model, '--data', 'synthetic'])).stdout).toMatch(/^accuracy \d+\.\d\d %/);
  });

  it('inspect accounts for every tensor of the file', async () => {
    const found = onlyJson<{
      bytes: number;
      sparsity: number;
      tensors: { encoding: string; bytes: number }[];
    }>(await run(['inspect', pruned, '--json']));
    expect(found.bytes).toBe(readFileSync(pruned).length);
    expect(found.sparsity).toBeCloseTo(0.9, 4);
    expect(found.tensors.map(({ encoding }) => encoding)).toContain('gaps');
    const stored = found.tensors.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(stored).toBeLessThan(found.bytes);
    expect(stored).toBeGreaterThan(found.bytes / 2);
    const { stdout } = await run(['inspect', pruned]);
    for (const part of ['smaller than its', 'encoding', 'multiply-adds']) expect(stdout).toContain(part);
  });

  it('bench times each batch, and explains', async () => {
    const outcome = await run(['bench', pruned, '--batches', '1,16', '--json']);
    const {
      model: name,
      sparsity,
      rows,
    } = onlyJson<{
      model: string;
      sparsity: number;
      rows: { batch: number; denseMicros: number; sparseMicros: number; speedup: number }[];
    }>(outcome);
    expect({ name, batches: rows.map(({ batch }) => batch) }).toEqual({ name: pruned, batches: [1, 16] });
    expect(sparsity).toBeCloseTo(0.9, 4);
    for (const { denseMicros, sparseMicros, speedup } of rows) {
      expect(denseMicros).toBeGreaterThan(0);
      expect(speedup).toBeCloseTo(denseMicros / sparseMicros, 9);
    }
    expect(outcome.stderr).toContain('one sample at a time');
  }, 20_000);

  it('refuses data that do not fit the model', async () => {
    const { sequential, dense } = await import('../../src/index.js');
    const odd = await sequential({ inputShape: [20] }, [dense(3)]);
    await odd.save(folder.path('odd.safetensors'));
    odd.dispose();
    const { code, stderr } = await run(['evaluate', folder.path('odd.safetensors'), '--data', 'synthetic']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/must read 784 numbers and give 10, got one from 20 to 3/);
  });

  it('ends with 130 when interrupted, and leaves no file', async () => {
    const interrupt = new AbortController();
    const out = folder.path('never.safetensors');
    const { code, stderr } = await run(['train', '--epochs', '500', '--out', out, '--data', 'synthetic'], {
      signal: interrupt.signal,
      onProgress: () => interrupt.abort(),
    });
    expect(code).toBe(130);
    expect(stderr).toMatch(/interrupted\n$/);
    expect(existsSync(out)).toBe(false);
  });

  it('leaves no temporary files', () => {
    expect(readdirSync(folder.path('.')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
