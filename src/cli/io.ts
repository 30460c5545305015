/** What the command line reads and writes, so that tests can stand in for the process. */
import { styleText } from 'node:util';
import { AbortedError } from '../errors.js';
import type { ProgressStream } from '../train/callbacks/index.js';

/** The surroundings of one run. */
export interface CliIo {
  readonly stdout: ProgressStream;
  readonly stderr: ProgressStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How the user calls this program, for hints: `espalier`, or `node dist/cli.js`. */
  readonly program: string;
  /** Aborted on Ctrl-C. */
  readonly signal: AbortSignal;
}

type Style = 'bold' | 'dim' | 'red' | 'green';

/** Colours `text` when `stream` is a terminal that wants it: see no-color.org. */
export function paint(
  { env }: Pick<CliIo, 'env'>,
  stream: ProgressStream,
  style: Style,
  text: string,
): string {
  const plain = stream.isTTY !== true || Boolean(env.NO_COLOR) || env.TERM === 'dumb';
  return plain ? text : styleText(style, text, { validateStream: false });
}

/** Output of a command. With `--json`, stdout is left to the JSON object, and results for people go to stderr. */
export class Output {
  readonly io: CliIo;
  readonly #results: ProgressStream;

  constructor(io: CliIo, json: boolean) {
    this.io = io;
    this.#results = json ? io.stderr : io.stdout;
  }

  /** A result, for people. */
  print(text: string): void {
    this.#results.write(`${text}\n`);
  }

  /** A heading among results. */
  heading(text: string): string {
    return paint(this.io, this.#results, 'bold', text);
  }

  /** What is being done; never a result. */
  note(text: string): void {
    this.io.stderr.write(`${paint(this.io, this.io.stderr, 'bold', text)}\n`);
  }

  /** Lets Ctrl-C through, and throws AbortedError when it was pressed. */
  async breathe(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.io.signal.aborted) throw new AbortedError('espalier: interrupted');
  }
}
