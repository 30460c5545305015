/** Registry of commands: a new one is one file and one line here. */
import { bench } from './bench.js';
import type { Command } from './command.js';
import { demo } from './demo.js';
import { evaluate } from './evaluate.js';
import { exportCommand } from './export.js';
import { inspect } from './inspect.js';
import { prune } from './prune.js';
import { report } from './report.js';
import { train } from './train.js';

export const commands: readonly Command[] = [
  demo,
  train,
  prune,
  evaluate,
  bench,
  inspect,
  report,
  exportCommand,
];
