import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonical, Ledger, type LedgerLine } from '../../bench/experiments/ledger.js';
import { chosen, type Job, runAll, shippedSeeds } from '../../bench/experiments/runner.js';
import { sourcesOf, sourcesText } from '../../bench/experiments/sources.js';
import { version } from '../../src/version.js';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ledger-'));
  file = join(folder, 'deep', 'sample.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

const key = { experiment: 'sample', method: 'ticket', point: 0.5, recipe: { epochs: 8, shape: [784, 10] } };
const outcome = { testError: 0.02, validationError: 0.03, kept: 5, weights: 10 };
const settings = { sources: { version: '1.0.0', sources: 'aaaaaaaaaaaa' }, again: false };
const line = (seed: number): LedgerLine => ({ ...key, seed, ...outcome, seconds: 1.5 });

describe('a ledger', () => {
  test('holds what was appended, in memory and in its file', () => {
    const ledger = new Ledger(file);
    expect(ledger.lines).toEqual([]);
    for (const seed of [3, 1]) ledger.append(line(seed));
    expect(ledger.lines).toEqual([line(3), line(1)]);
    expect(new Ledger(file).lines).toEqual([line(3), line(1)]);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);
  });

  test('finds a run by all that decides its outcome, whatever the order of names', () => {
    const ledger = new Ledger(file);
    ledger.append(line(1));
    expect(ledger.find({ ...key, seed: 1, recipe: { shape: [784, 10], epochs: 8 } })).toEqual(line(1));
    expect(ledger.find({ ...key, seed: 2 })).toBeUndefined();
    expect(ledger.find({ ...key, seed: 1, point: 0.6 })).toBeUndefined();
    expect(ledger.find({ ...key, seed: 1, method: 'reinit' })).toBeUndefined();
    expect(ledger.find({ ...key, seed: 1, recipe: { epochs: 9, shape: [784, 10] } })).toBeUndefined();
  });

  test('forgets a torn last line, and goes on after the whole ones', () => {
    new Ledger(file).append(line(1));
    appendFileSync(file, JSON.stringify(line(2)).slice(0, 30));
    const ledger = new Ledger(file);
    expect(ledger.lines).toEqual([line(1)]);
    ledger.append(line(2));
    expect(new Ledger(file).lines).toEqual([line(1), line(2)]);
  });

  test('forgets a last line that lacks only its line break', () => {
    new Ledger(file).append(line(1));
    appendFileSync(file, JSON.stringify(line(2)));
    expect(new Ledger(file).lines).toEqual([line(1)]);
  });

  test('names a broken line that is not the last', () => {
    new Ledger(file).append(line(1));
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"seed":\n${JSON.stringify(line(2))}\n`);
    expect(() => new Ledger(file)).toThrow(`ledger: line 2 of ${file} must be JSON, got {"seed":`);
  });

  test('has the lines that were shipped too, its own first, and writes nothing to them', () => {
    const shipped = join(folder, 'shipped.jsonl');
    const text = [{ ...line(1), testError: 0.5 }, line(2)].map((one) => JSON.stringify(one)).join('\n');
    writeFileSync(shipped, text);
    expect(new Ledger(file, shipped).lines.map(({ testError }) => testError)).toEqual([0.5, 0.02]);
    new Ledger(file).append(line(1));
    const ledger = new Ledger(file, shipped);
    expect(ledger.lines).toEqual([line(1), line(2)]);
    ledger.append(line(3));
    expect(readFileSync(shipped, 'utf8')).toBe(text);
    expect(new Ledger(file).lines).toEqual([line(1), line(3)]);
    expect(new Ledger(file, join(folder, 'missing.jsonl')).lines).toHaveLength(2);
  });

  test('takes the last of several lines with one key', () => {
    const ledger = new Ledger(file);
    ledger.append(line(1));
    ledger.append({ ...line(1), testError: 0.5 });
    expect(new Ledger(file).lines).toEqual([{ ...line(1), testError: 0.5 }]);
  });
});

test('canonical JSON sorts names at every depth, and leaves lists alone', () => {
  expect(canonical({ b: [2, { d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[2,{"c":null,"d":1}]}');
});

describe('runs', () => {
  const jobOf = (seed: number, made: number[]): Job => ({
    ...key,
    seed,
    run: () => {
      made.push(seed);
      return Promise.resolve(outcome);
    },
  });

  test('are made once, in order, and told of', async () => {
    const made: number[] = [];
    let told = '';
    const write = (text: string) => {
      told += text;
    };
    await runAll([jobOf(1, made)], new Ledger(file), { ...settings, write });
    const lines = await runAll([jobOf(2, made), jobOf(1, made), jobOf(3, made)], new Ledger(file), {
      ...settings,
      write,
    });
    expect(made).toEqual([1, 2, 3]);
    expect(lines.map(({ seed }) => seed)).toEqual([2, 1, 3]);
    expect(told).toContain('1 of 3 runs are there already: 1 run by these sources (1.0.0, aaaaaaaaaaaa)\n');
    expect(told).toMatch(/\[3 of 3, 0\.0s to go\] ticket, 50\.0 % zeros, seed 3: error 2\.00 % test/);
  });

  test('that fail leave the ones before in the file', async () => {
    const made: number[] = [];
    const failing = { ...key, seed: 2, run: () => Promise.reject(new Error('killed')) };
    await expect(
      runAll([jobOf(1, made), failing], new Ledger(file), { ...settings, write: () => undefined }),
    ).rejects.toThrow('killed');
    await runAll([jobOf(1, made), jobOf(2, made)], new Ledger(file), { ...settings, write: () => undefined });
    expect(made).toEqual([1, 2]);
  });

  const quiet = { ...settings, write: () => undefined };

  test('that are asked for twice are made once', async () => {
    const made: number[] = [];
    const lines = await runAll(
      [1, 1, 2, 1].map((seed) => jobOf(seed, made)),
      new Ledger(file),
      quiet,
    );
    expect(made).toEqual([1, 2]);
    expect(lines.map(({ seed }) => seed)).toEqual([1, 2]);
  });

  test('say which sources made them, and are repeated only when asked to and by other sources', async () => {
    const made: number[] = [];
    const jobs = [1, 2, 3].map((seed) => jobOf(seed, made));
    const ledger = new Ledger(file);
    ledger.append(line(1));
    ledger.append({ ...line(2), version: '0.9.0', sources: 'bbbbbbbbbbbb' });
    await runAll(jobs, ledger, quiet);
    expect(made).toEqual([3]);
    const lines = await runAll(jobs, new Ledger(file), { ...quiet, again: true });
    expect(made).toEqual([3, 1, 2]);
    expect(lines.map(({ version, sources }) => [version, sources])).toEqual(
      [1, 2, 3].map(() => ['1.0.0', 'aaaaaaaaaaaa']),
    );
    await runAll(jobs, new Ledger(file), { ...quiet, again: true });
    expect(made).toHaveLength(3);
  });

  test('are chosen by parts of their methods, which must be there', () => {
    const jobs = [jobOf(1, []), { ...jobOf(1, []), method: 'reinit' }];
    expect(chosen(jobs, [])).toHaveLength(2);
    expect(chosen(jobs, ['tick', 'foo']).map(({ method }) => method)).toEqual(['ticket']);
    expect(() => chosen(jobs, ['foo'])).toThrow(
      '--only must name parts of these methods: ticket; reinit, got foo',
    );
  });
});

test('a report takes the seeds of the lines that documents quote', () => {
  expect(shippedSeeds('han')).toEqual([1, 2, 3, 4, 5]);
  expect(shippedSeeds('lottery')).toEqual([1, 2, 3]);
  expect(shippedSeeds('missing')).toEqual([]);
});

describe('sources', () => {
  test('have the version of the package and a digest that is the experiment’s own', () => {
    const [han, snip] = [sourcesOf('han'), sourcesOf('snip')];
    expect(han).toEqual({ version, sources: expect.stringMatching(/^[0-9a-f]{12}$/) });
    expect(sourcesOf('han')).toEqual(han);
    expect(new Set([han, snip, sourcesOf()].map(({ sources }) => sources)).size).toBe(3);
  });

  test('are told in one line', () => {
    const { sources } = settings;
    const own = { ...line(1), ...sources };
    const other = { ...line(2), version: '1.0.0', sources: 'bbbbbbbbbbbb' };
    expect(sourcesText([own, own], sources)).toBe('2 runs by these sources (1.0.0, aaaaaaaaaaaa)');
    expect(sourcesText([own, other, line(3), line(4)], sources)).toBe(
      '1 run by these sources (1.0.0, aaaaaaaaaaaa), 1 run by other sources, 2 runs by unknown sources; --again repeats the 3',
    );
    expect(sourcesText([], sources)).toBe('no runs');
  });
});
