/** The command line of the experiments. */
import { parseArgs } from 'node:util';
import { nearestName } from '../../src/options.js';
import { experiments } from './registry.js';
import { type Settings, shippedSeeds, type Write } from './runner.js';
import { UsageError } from './usageError.js';
import { quickly } from './workplace.js';

const SEEDS = [1, 2, 3];

const options = {
  seeds: { type: 'string' },
  only: { type: 'string' },
  report: { type: 'boolean', default: false },
  again: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const rowsOf = (ledger: boolean) =>
  Object.entries(experiments)
    .filter(([, experiment]) => experiment.ledger === ledger)
    .map(([name, { about }]) => `  ${name.padEnd(12)}${about}\n`)
    .join('');

const usage = () => `npm run experiment -- NAME [options]

With a ledger, runs/experiments/NAME.jsonl: they go on where they were stopped, and all but extreme write a page beside it.
${rowsOf(true)}
Without:
${rowsOf(false)}
  --seeds 1,2,3   whole numbers, all different; without it those of bench/results for --report, else 1,2,3
  --only A,B      methods with these parts in their names, in experiments that compare some; for structures, timing
                  measures times again
  --json          figures on stdout
  --help          this text

With a ledger:
  --report        run nothing: report the lines of the ledger, and of bench/results where it has none
  --again         repeat runs that were made by other sources, or by unknown ones
  --write         put the lines into bench/results
  --quick         a smoke run: one seed, tiny data (lande: its own), in runs/quick instead of the ledger
`;

/** Seeds of a list such as `1,2,3`. Throws UsageError unless they are whole numbers, all different. */
export function parseSeeds(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  const bad = parts.find((part) => !/^\d+$/.test(part) || !Number.isSafeInteger(Number(part)));
  if (bad !== undefined)
    throw new UsageError(`--seeds must be whole numbers with commas between, got ${JSON.stringify(bad)}`);
  const seeds = parts.map(Number);
  const twice = seeds.find((seed, i) => seeds.indexOf(seed) < i);
  if (twice !== undefined) throw new UsageError(`--seeds must be all different, got ${twice} twice`);
  return seeds;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function experimentOf(names: readonly string[]): string {
  const [name = '', ...more] = names;
  if (more.length === 0 && Object.hasOwn(experiments, name)) return name;
  const near = nearestName(name, Object.keys(experiments));
  const hint = near !== undefined && more.length === 0 ? ` (did you mean ${near}?)` : '';
  throw new UsageError(`one experiment must be named, got ${names.join(' ') || 'none'}${hint}\n\n${usage()}`);
}

interface Asked extends Settings {
  readonly quick: boolean;
}

function expectFitting(name: string, { report, again, write, quick }: Asked): void {
  const asked = Object.entries({ report, again, write, quick }).filter(([, on]) => on);
  if (asked.length > 0 && !experiments[name]!.ledger)
    throw new UsageError(`--${asked[0]![0]} is for experiments with a ledger, and ${name} has none`);
  if (quick && asked.length > 1)
    throw new UsageError('--quick must stand without --report, --again, --write');
  if (report && again) throw new UsageError('--report runs nothing, so it must stand without --again');
}

function seedsOf(name: string, asked: string | undefined, { report, quick }: Asked): number[] {
  if (asked !== undefined) return parseSeeds(asked);
  const shipped = report ? shippedSeeds(name) : [];
  return quick ? [1] : shipped.length > 0 ? shipped : SEEDS;
}

async function run(args: readonly string[], out: Write): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help) return out(usage());
  const name = experimentOf(positionals);
  expectFitting(name, values);
  const seeds = seedsOf(name, values.seeds, values);
  const only = values.only?.split(',').filter((part) => part !== '') ?? [];
  const start = () => experiments[name]!.run(seeds, only, values);
  const outcome = await (values.quick ? quickly(start) : start());
  if (values.json) out(`${JSON.stringify(outcome)}\n`);
}

/** Runs an experiment and returns the exit code: 2 for what cannot be asked. Other failures are thrown. */
export async function command(args: readonly string[], out: Write, err: Write): Promise<number> {
  try {
    await run(args, out);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    err(`${error.message.trimEnd()}\n`);
    return 2;
  }
}
