/** Arguments of commands: their declaration, their parsing, and checked access to their values. */
import { parseArgs } from 'node:util';
import { OptionError } from '../errors.js';
import { expectInteger, expectNumber, expectOneOf, show } from '../options.js';

/** One option of a command, as parsing and help need it. */
export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  /** Stands for the value in help: `N`, `FILE`. */
  readonly value?: string;
  readonly help: string;
  /** Used when the option is not given, and named in help. */
  readonly default?: string;
  /** One letter that stands for it. */
  readonly short?: string;
}

/** Options of a command, by name without dashes. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** Options that every command takes besides its seed. */
export const commonOptions = {
  json: { type: 'boolean', help: 'print one JSON object on stdout, everything else on stderr' },
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const satisfies OptionSpecs;

const asNumber = (text: string): unknown => {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? text : value;
};

/** Parsed arguments; every reader checks, and names the option at fault. */
export class Arguments {
  /** First part of every error message: `espalier train`. */
  readonly where: string;
  /** The model file, for commands that take one; else ''. */
  readonly model: string;
  readonly #values: Readonly<Record<string, string | boolean | undefined>>;

  constructor(
    where: string,
    values: Readonly<Record<string, string | boolean | undefined>>,
    positionals: readonly string[],
  ) {
    this.where = where;
    this.#values = values;
    this.model = positionals[0] ?? '';
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== false;
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value !== 'string' || value === '') {
      throw new OptionError(`${this.where}: --${name} must have a value, got none`);
    }
    return value;
  }

  integer(name: string, least = 1): number {
    return expectInteger(this.where, `--${name}`, asNumber(this.text(name)), least);
  }

  number(name: string, low?: number, high?: number): number {
    return expectNumber(this.where, `--${name}`, asNumber(this.text(name)), low, high);
  }

  /** Whole numbers parted by commas. */
  integers(name: string, least = 1): number[] {
    const parts = this.text(name).split(',');
    return parts.map((part) => expectInteger(this.where, `each of --${name}`, asNumber(part), least));
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    return expectOneOf(this.where, `--${name}`, this.text(name), allowed);
  }
}

/** Node's complaint as one line in the form of all other errors. */
function parsingError(where: string, specs: OptionSpecs, error: Error & { code?: string }): OptionError {
  const named = /'(?:-\w, )?(--?[^'\s=]+)/.exec(error.message)?.[1] ?? '';
  const names = Object.keys(specs).map((name) => `--${name}`);
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    try {
      expectOneOf(where, 'option', named, names);
    } catch (cause) {
      return cause as OptionError;
    }
  }
  if (/ambiguous/.test(error.message)) {
    return new OptionError(
      `${where}: ${named} must have a value (${named}=VALUE for one that begins with a dash), got another option`,
    );
  }
  if (/argument missing/.test(error.message)) {
    return new OptionError(`${where}: ${named} must have a value, got none`);
  }
  if (/does not take an argument/.test(error.message)) {
    return new OptionError(`${where}: ${named} must stand without a value, got one`);
  }
  return new OptionError(`${where}: ${error.message.split('\n')[0]}`);
}

/** Parses `argv`, the words after the command; `takesModel` tells whether one of them names a model file. */
export function parseArguments(
  where: string,
  argv: readonly string[],
  specs: OptionSpecs,
  takesModel: boolean,
): Arguments {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { type, default: value, short }]) => [
      name,
      { type, ...(value !== undefined && { default: value }), ...(short && { short }) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const parsed = new Arguments(where, values as Record<string, string | boolean | undefined>, positionals);
    if (!parsed.has('help')) expectPositionals(where, positionals, takesModel);
    return parsed;
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')) {
      throw parsingError(where, specs, error as Error);
    }
    throw error;
  }
}

function expectPositionals(where: string, given: readonly string[], takesModel: boolean): void {
  const wanted = takesModel ? 1 : 0;
  if (given.length === wanted && given[0] !== '') return;
  const rule = takesModel
    ? `${where} MODEL must name one model file, such as runs/demo/sparse.safetensors`
    : `${where}: arguments must all be options`;
  throw new OptionError(`${rule}, got ${given.length === 0 ? 'none' : given.map(show).join(' ')}`);
}
