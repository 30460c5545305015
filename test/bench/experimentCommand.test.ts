import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { command, parseSeeds } from '../../bench/experiments/command.js';
import { experiments } from '../../bench/experiments/registry.js';

beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(console, 'error').mockReturnValue(undefined);
});
afterEach(() => vi.restoreAllMocks());

/** Exit code and what was printed. */
async function called(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await command(
    args,
    (text) => {
      out += text;
    },
    (text) => {
      err += text;
    },
  );
  return { code, out, err };
}

const textOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

describe('seeds', () => {
  test('are whole numbers, all different', () => {
    expect(parseSeeds('1, 20,3')).toEqual([1, 20, 3]);
    expect(parseSeeds('0')).toEqual([0]);
  });

  test.each([
    ['1,1,1', '--seeds must be all different, got 1 twice'],
    ['1,01', '--seeds must be all different, got 1 twice'],
    ['foo', '--seeds must be whole numbers with commas between, got "foo"'],
    ['1,,2', '--seeds must be whole numbers with commas between, got ""'],
    ['1.5', '--seeds must be whole numbers with commas between, got "1.5"'],
    ['-1', '--seeds must be whole numbers with commas between, got "-1"'],
    ['99999999999999999999', '--seeds must be whole numbers with commas between, got "99999999999999999999"'],
  ])('of %s are refused', async (seeds, message) => {
    expect(() => parseSeeds(seeds)).toThrow(message);
    expect(await called('han', `--seeds=${seeds}`)).toEqual({ code: 2, out: '', err: `${message}\n` });
  });
});

describe('the command', () => {
  test.each([['--help'], ['-h']])('tells all names and options for %s', async (flag) => {
    const { code, out, err } = await called(flag);
    expect([code, err]).toEqual([0, '']);
    for (const [name, { about }] of Object.entries(experiments)) {
      expect(out).toContain(`  ${name} `);
      expect(out).toContain(about);
    }
    for (const option of ['seeds', 'only', 'report', 'again', 'write', 'quick', 'json'])
      expect(out).toContain(`--${option}`);
  });

  test.each([
    [['hna'], 'one experiment must be named, got hna (did you mean han?)\n\nnpm run experiment'],
    [['toString'], 'one experiment must be named, got toString\n\nnpm run experiment'],
    [[], 'one experiment must be named, got none\n\nnpm run experiment'],
    [['han', 'snip'], 'one experiment must be named, got han snip\n\nnpm run experiment'],
    [['han', '--bogus'], "Unknown option '--bogus'"],
    [['widths', '--report'], '--report is for experiments with a ledger, and widths has none'],
    [['han', '--quick', '--write'], '--quick must stand without --report, --again, --write'],
    [['han', '--report', '--again'], '--report runs nothing, so it must stand without --again'],
    [['han', '--report', '--only', 'foo'], '--only must name parts of these methods: dense; '],
  ])('with %j ends with 2 and says why', async (args, message) => {
    const { code, out, err } = await called(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err.startsWith(message)).toBe(true);
  });

  test('makes a smoke run that leaves ledger and results alone', async () => {
    const files = ['runs/experiments/han.jsonl', 'bench/results/han.jsonl'];
    const before = files.map(textOf);
    const { code, out } = await called('han', '--quick', '--json');
    expect(code).toBe(0);
    expect(files.map(textOf)).toEqual(before);
    const { seeds, cells } = JSON.parse(out) as {
      seeds: number[];
      cells: { method: string; density: number; testError: { mean: number } }[];
    };
    expect(seeds).toEqual([1]);
    expect(cells.map(({ method }) => method)).toEqual(['dense', 'dense, trained on', 'pruned']);
    expect(cells[2]!.density).toBeCloseTo(0.0818, 4);
    for (const { testError } of cells) expect(testError.mean).toBeLessThan(0.2);
    const lines = textOf('runs/quick/han.jsonl')!.trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[0]!)).toMatchObject({ sources: expect.stringMatching(/^[0-9a-f]{12}$/) });
    expect(textOf('runs/quick/han.html')).toContain('3 runs by these sources');
  }, 20_000);
});
