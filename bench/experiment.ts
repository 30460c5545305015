/** Experiments whose figures the documents quote: npm run experiment -- NAME; `--help` names them and their options. */
import { command } from './experiments/command.js';

process.exitCode = await command(
  process.argv.slice(2),
  (text) => process.stdout.write(text),
  (text) => process.stderr.write(text),
);
