import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  AbortedError,
  type Callback,
  checkpoint,
  csvLog,
  dense,
  earlyStopping,
  jsonlLog,
  loadModel,
  OptionError,
  progressBar,
  prune,
  relu,
  sequential,
  sgd,
} from '../../src/index.js';
import { fingerprint, values } from '../model/support.js';

const folder = mkdtempSync(join(tmpdir(), 'espalier-callbacks-'));
afterAll(() => rmSync(folder, { recursive: true }));

const x = values(4 * 20, 1);
const y = Uint8Array.from({ length: 20 }, (_, i) => i % 3);
const data = { images: x, labels: y };
const build = () => sequential({ inputShape: [4], seed: 6 }, [dense(8), relu(), dense(3)]);
const optimizer = () => sgd({ learningRate: 0.1 });

describe('callbacks', () => {
  test('are called in the order of the list, around fit, epochs and steps', async () => {
    const model = await build();
    const calls: string[] = [];
    const named = (name: string): Callback => ({
      onFitBegin: (run) => void calls.push(`${name} begin ${run.epochs} ${run.stepsPerEpoch} ${run.samples}`),
      onEpochBegin: async (epoch) => {
        await Promise.resolve();
        calls.push(`${name} epoch ${epoch}`);
      },
      onStep: ({ epoch, step }) => void calls.push(`${name} step ${epoch}.${step}`),
      onEpochEnd: ({ epoch }) => void calls.push(`${name} end ${epoch}`),
      onFitEnd: (history) => void calls.push(`${name} done ${history.loss.length}`),
    });
    await model.fit(x, y, { epochs: 2, batchSize: 10, callbacks: [named('a'), named('b')] });
    const both = (what: string) => [`a ${what}`, `b ${what}`];
    const epoch = (n: number) => [`epoch ${n}`, `step ${n}.1`, `step ${n}.2`, `end ${n}`];
    expect(calls).toEqual(['begin 2 2 20', ...epoch(1), ...epoch(2), 'done 2'].flatMap(both));
    model.dispose();
  });

  test('see running means in steps, which end as the figures of the epoch', async () => {
    const model = await build();
    const steps: number[] = [];
    const callbacks: Callback[] = [{ onStep: ({ loss, accuracy }) => void steps.push(loss, accuracy) }];
    const history = await model.fit(x, y, { batchSize: 6, callbacks });
    expect(steps.length).toBe(8);
    expect(steps.slice(-2)).toEqual([history.loss[0], history.accuracy[0]]);
    model.dispose();
  });

  test('may end a fit after the epoch, and an error of theirs ends it at once', async () => {
    const model = await build();
    const stop: Callback = { onEpochEnd: ({ epoch }, run) => (epoch === 2 ? run.stop() : undefined) };
    expect((await model.fit(x, y, { epochs: 9, callbacks: [stop] })).loss.length).toBe(2);
    const fail: Callback = {
      onStep() {
        throw new TypeError('mine');
      },
    };
    await expect(model.fit(x, y, { callbacks: [fail] })).rejects.toThrow('mine');
    await model.fit(x, y); // free for others again
    model.dispose();
  });
});

describe('earlyStopping', () => {
  /** Validation that gets worse from some epoch on: the labels are wrong. */
  const wrong = { images: x, labels: y.map((label) => (label + 1) % 3) };

  test('waits as long as it is patient, stops, and goes back to the best weights', async () => {
    const model = await build();
    const prints: string[] = [];
    const seen: Callback = { onEpochEnd: () => void prints.push(fingerprint(model)) };
    const callbacks = [seen, earlyStopping({ patience: 1 })];
    const options = { optimizer: sgd({ learningRate: 0.5 }), epochs: 50, validation: wrong, callbacks };
    const { valLoss } = await model.fit(x, y, options);
    expect(valLoss.length).toBeLessThan(50);
    const best = valLoss.indexOf(Math.min(...valLoss));
    expect(valLoss.length - 1 - best).toBe(2);
    expect(fingerprint(model)).toBe(prints[best]);
    expect(fingerprint(model)).not.toBe(prints.at(-1));
    model.dispose();
  });

  test('keeps the last weights when restoreBest is off, and starts afresh with every fit', async () => {
    const model = await build();
    const stopping = earlyStopping({ patience: 0, restoreBest: false, monitor: 'valAccuracy' });
    const options = {
      optimizer: sgd({ learningRate: 0 }),
      epochs: 9,
      validation: data,
      callbacks: [stopping],
    };
    expect((await model.fit(x, y, options)).loss.length).toBe(2);
    expect((await model.fit(x, y, options)).loss.length).toBe(2);
    model.dispose();
  });

  test('counts only changes above minDelta', async () => {
    const model = await build();
    const callbacks = [earlyStopping({ monitor: 'loss', minDelta: 100, patience: 3 })];
    expect((await model.fit(x, y, { optimizer: optimizer(), epochs: 20, callbacks })).loss.length).toBe(5);
    model.dispose();
  });

  test('is refused before any training where its monitor cannot be had', async () => {
    const model = await build();
    const before = fingerprint(model);
    await expect(model.fit(x, y, { callbacks: [earlyStopping()] })).rejects.toThrow(
      /^earlyStopping: monitor 'valLoss' must be available, got none/,
    );
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });

  test('refuses options that do not exist', () => {
    expect(() => earlyStopping({ monitor: 'valLos' as never })).toThrow(
      /got "valLos" \(did you mean "valLoss"/,
    );
    expect(() => earlyStopping({ patience: -1 })).toThrow(OptionError);
    expect(() => earlyStopping({ patient: 1 } as never)).toThrow(/did you mean "patience"/);
  });
});

describe('files', () => {
  test('checkpoint leaves the model of the last epoch, every few epochs and at the end', async () => {
    const model = await build();
    const path = join(folder, 'checkpoint.espalier');
    const written: string[] = [];
    const look: Callback = {
      onEpochEnd: async () => {
        const loaded = await loadModel(path).catch(() => undefined);
        written.push(loaded ? fingerprint(loaded) : 'none');
        loaded?.dispose();
      },
    };
    await model.fit(x, y, { epochs: 5, callbacks: [checkpoint(path, { every: 2 }), look] });
    expect(written[0]).toBe('none');
    expect(written[1]).toBe(written[2]);
    expect(written[3]).not.toBe(written[2]);
    expect(written[4]).toBe(fingerprint(model));
    model.dispose();
  });

  test('checkpoint tries its place before the first step, and leaves what is there', async () => {
    const model = await build();
    const own = mkdtempSync(join(folder, 'tried-'));
    const path = join(own, 'model.espalier');
    writeFileSync(path, 'of an earlier run');
    const seen: (string | string[])[] = [];
    const look: Callback = {
      onStep: () => void seen.push(readdirSync(own), readFileSync(path, 'utf8')),
    };
    await model.fit(x, y, { batchSize: 20, callbacks: [checkpoint(path), look] });
    expect(seen).toEqual([['model.espalier'], 'of an earlier run']);
    const before = fingerprint(model);
    const failing = model.fit(x, y, { callbacks: [checkpoint(own)] });
    await expect(failing).rejects.toThrow(/^checkpoint: must be able to write ".*", got a folder$/);
    expect(fingerprint(model)).toBe(before);
    expect(readdirSync(own)).toEqual(['model.espalier']);
    model.dispose();
  });

  test('csvLog writes a header and one line an epoch', async () => {
    const model = await build();
    const path = join(folder, 'log.csv');
    const history = await model.fit(x, y, { epochs: 2, callbacks: [csvLog(path)] });
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines.length).toBe(4);
    expect(lines[0]).toBe(
      'epoch,loss,accuracy,valLoss,valAccuracy,sparsity,learningRate,samplesPerSecond,seconds',
    );
    const cells = lines[2]!.split(',');
    expect(cells.length).toBe(9);
    expect(cells.slice(0, 6)).toEqual(['2', `${history.loss[1]}`, `${history.accuracy[1]}`, '', '', '0']);
    model.dispose();
  });

  test('jsonlLog writes one object an epoch', async () => {
    const model = await build();
    const path = join(folder, 'log.jsonl');
    const options = { epochs: 2, validation: data, callbacks: [jsonlLog(path)] };
    const history = await model.fit(x, y, options);
    const rows = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows.map(({ epoch, valLoss }) => [epoch, valLoss])).toEqual([
      [1, history.valLoss[0]],
      [2, history.valLoss[1]],
    ]);
    model.dispose();
  });

  test('a path that cannot be written is a FileError', async () => {
    const model = await build();
    for (const make of [checkpoint, csvLog, jsonlLog]) {
      const failing = model.fit(x, y, { callbacks: [make(join(folder, 'no', 'such', 'folder'))] });
      await expect(failing).rejects.toMatchObject({ code: 'FILE' });
      expect(model.clock.steps).toBe(0); // files are tried when the fit begins
      for (const [wrong, shown] of [
        [undefined, 'undefined'],
        ['', '""'],
        [5, '5'],
      ] as const) {
        expect(() => make(wrong as never)).toThrow(OptionError);
        expect(() => make(wrong as never)).toThrow(`${make.name}: path must be a file name, got ${shown}`);
      }
    }
    model.dispose();
  });
});

describe('progressBar', () => {
  class Screen {
    readonly texts: string[] = [];
    constructor(
      readonly isTTY: boolean,
      readonly columns = 70,
    ) {}
    write(text: string) {
      this.texts.push(text);
    }
  }

  /** Slows training down, so that a bar has time to be drawn. */
  const slow: Callback = {
    onStep() {
      for (const end = performance.now() + 30; performance.now() < end; );
    },
  };

  test('writes plain lines where there is no terminal', async () => {
    const model = await build();
    await prune(model, { sparsity: 0.5 });
    const stream = new Screen(false);
    const callbacks = [progressBar({ stream, label: 'round 2/5' })];
    await model.fit(x, y, { epochs: 3, validation: data, callbacks });
    expect(stream.texts.length).toBe(3);
    for (const [i, text] of stream.texts.entries()) {
      expect(text).toMatch(new RegExp(`^round 2/5 {2}epoch ${i + 1}/3 {2}loss \\d+\\.\\d{4} {2}accuracy `));
      expect(text).toMatch(/validation \d+\.\d\d % {2}sparsity 50\.00 % {2}\d+ samples\/s\n$/);
      for (const control of ['\r', '\x1b']) expect(text).not.toContain(control);
    }
    model.dispose();
  });

  test('draws a bar with rate and time left on a terminal, no wider than it', async () => {
    const model = await build();
    const stream = new Screen(true);
    await model.fit(x, y, { epochs: 2, batchSize: 4, callbacks: [slow, progressBar({ stream })] });
    const bars = stream.texts.filter((text) => text.includes('█') || text.includes('░'));
    expect(bars.length).toBeGreaterThan(1);
    for (const bar of bars) {
      expect(bar.startsWith('\r\x1b[2K')).toBe(true);
      expect(bar.slice(5).length).toBeLessThan(70);
      expect(bar).not.toContain('\n');
    }
    expect(stream.texts.filter((text) => text.endsWith('\n')).length).toBe(2);
    const wide = new Screen(true, 200);
    await model.fit(x, y, { batchSize: 4, callbacks: [slow, progressBar({ stream: wide })] });
    expect(wide.texts.join()).toMatch(/\d+ % {2}epoch 1\/1 {2}loss .* \d+ samples\/s {2}\d+ s left/);
    model.dispose();
  });

  test('shows the loss where there is no accuracy', async () => {
    const model = await build();
    const stream = new Screen(false);
    const targets = values(60, 2);
    const validation = { images: x, labels: targets };
    await model.fit(x, targets, { validation, callbacks: [progressBar({ stream })] });
    expect(stream.texts[0]).toMatch(/^epoch 1\/1 {2}loss \d\.\d{4} {2}validation loss \d\.\d{4} {2}\d+/);
    model.dispose();
  });

  test('refuses unknown options', () => {
    expect(() => progressBar({ labels: 'x' } as never)).toThrow(/did you mean "label"/);
  });
});

describe('signal', () => {
  test('stops before the next step with AbortedError, keeping the weights of the last one', async () => {
    const model = await build();
    const controller = new AbortController();
    const prints: string[] = [];
    const callbacks: Callback[] = [
      {
        onStep({ epoch, step }) {
          prints.push(fingerprint(model));
          if (epoch === 2 && step === 2) controller.abort();
        },
      },
    ];
    const options = { epochs: 5, batchSize: 5, callbacks, signal: controller.signal };
    await expect(model.fit(x, y, options)).rejects.toThrow(AbortedError);
    expect(prints.length).toBe(6);
    expect(fingerprint(model)).toBe(prints.at(-1));
    model.dispose();
  });

  test('that is raised already changes nothing', async () => {
    const model = await build();
    const before = fingerprint(model);
    const aborted = model.fit(x, y, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toThrow(/^fit: aborted in epoch 1, before step 1/);
    const reason = new Error('the user left');
    const told = model.fit(x, y, { signal: AbortSignal.abort(reason) });
    await expect(told).rejects.toMatchObject({ code: 'ABORTED', cause: reason });
    expect(fingerprint(model)).toBe(before);
    model.dispose();
  });

  test('may come from outside while the fit runs: the event loop gets its turn', async () => {
    const model = await build();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    const running = model.fit(x, y, { epochs: 10_000_000, signal: controller.signal });
    await expect(running).rejects.toThrow(AbortedError);
    model.dispose();
  });
});
