/** From words to exit code: finds the command, runs it, and turns every error into one line. */
import { AbortedError, EspalierError, OptionError } from '../errors.js';
import { nearestName, show } from '../options.js';
import { version } from '../version.js';
import { parseArguments } from './arguments.js';
import { type Command, columns, helpOf, optionsOf } from './command.js';
import { commands } from './commands.js';
import { type CliIo, Output, paint } from './io.js';

/** Exit code after Ctrl-C, as shells count: 128 + SIGINT. */
const INTERRUPTED = 130;

function overview(program: string): string {
  return [
    `Espalier ${version}: sparse neural networks, from training to fast inference.`,
    '',
    `Usage: ${program} COMMAND [options]`,
    '',
    columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    columns([
      ['COMMAND --help', 'options of a command, and examples'],
      ['--version', 'version of this package'],
    ]),
    '',
    'Example:',
    `  ${program} demo`,
  ].join('\n');
}

function findCommand(name: string): Command {
  const found = commands.find((command) => command.name === name);
  if (found) return found;
  const names = commands.map((command) => command.name);
  const near = nearestName(name, names);
  const hint = near === undefined ? '' : ` (did you mean ${show(near)}?)`;
  throw new OptionError(`espalier: command must be one of ${names.join(', ')}, got ${show(name)}${hint}`);
}

async function dispatch(argv: readonly string[], io: CliIo): Promise<void> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h') {
    io.stdout.write(`${overview(io.program)}\n`);
    return;
  }
  if (name === '--version' || name === '-v') {
    io.stdout.write(`${version}\n`);
    return;
  }
  const command = findCommand(name);
  const args = parseArguments(`espalier ${command.name}`, rest, optionsOf(command), command.takesModel);
  if (args.has('help')) {
    io.stdout.write(`${helpOf(command, io.program)}\n`);
    return;
  }
  const json = args.has('json');
  const result = await command.run(args, new Output(io, json));
  if (json) io.stdout.write(`${JSON.stringify(result)}\n`);
}

/** One line for an error; the whole stack with DEBUG set. */
function report(error: unknown, io: CliIo): void {
  const message = error instanceof Error ? error.message || error.name : String(error);
  const line = message.replace(/\s*\n\s*/g, ' ');
  const hint = error instanceof EspalierError ? '' : ' (unexpected: DEBUG=1 shows where)';
  io.stderr.write(`${paint(io, io.stderr, 'red', 'error:')} ${line}${io.env.DEBUG ? '' : hint}\n`);
  if (io.env.DEBUG && error instanceof Error) io.stderr.write(`${error.stack}\n`);
}

/** Runs the command line `argv`, program name left out; returns the exit code and never throws. */
export async function main(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    await dispatch(argv, io);
    return 0;
  } catch (error) {
    if (error instanceof AbortedError && io.signal.aborted) {
      io.stderr.write(`${io.stderr.isTTY ? '\r\x1b[2K' : ''}interrupted\n`);
      return INTERRUPTED;
    }
    report(error, io);
    return 1;
  }
}
