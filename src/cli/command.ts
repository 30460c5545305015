/** What a command is, and how its help reads. */
import type { Arguments, OptionSpec, OptionSpecs } from './arguments.js';
import { commonOptions } from './arguments.js';
import type { Output } from './io.js';

/** One command: a file in this folder, and a line in `commands.ts`. */
export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Whether it takes the name of a model file. */
  readonly takesModel: boolean;
  /** Own options, `seed` included. */
  readonly options: OptionSpecs;
  /** Arguments of a sensible call, without program and command. */
  readonly examples: readonly string[];
  /** Further lines of help. */
  readonly notes?: readonly string[];
  /** Does the work, prints results for people, and returns the object that `--json` prints. */
  run(args: Arguments, output: Output): Promise<object>;
}

/** All options of a command, those that every command has last. */
export function optionsOf(command: Command): OptionSpecs {
  return { ...command.options, ...commonOptions };
}

/** Two columns: `left` padded to the same width. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}

function optionRow([name, spec]: [string, OptionSpec]): [string, string] {
  const left = spec.type === 'boolean' ? `--${name}` : `--${name} ${spec.value ?? 'VALUE'}`;
  return [left, spec.default === undefined ? spec.help : `${spec.help} (${spec.default})`];
}

/** The text of `espalier COMMAND --help`. */
export function helpOf(command: Command, program: string): string {
  const call = `${program} ${command.name}`;
  const examples = command.examples.map((example) => `  ${call} ${example}`.trimEnd());
  return [
    command.summary,
    '',
    `Usage: ${call}${command.takesModel ? ' MODEL' : ''} [options]`,
    '',
    columns(Object.entries(optionsOf(command)).map(optionRow)),
    ...(command.notes ? ['', ...command.notes] : []),
    '',
    examples.length === 1 ? 'Example:' : 'Examples:',
    ...examples,
  ].join('\n');
}
