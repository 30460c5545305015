/** `node bench/peers/check.mjs`: each peer against the float64 twin, and its speed; exit code 1 if one is wrong. */

import { checkConvnets, checkConvnetTraining } from './checkConvnets.mjs';
import { checkInference, timeInference } from './checkInference.mjs';
import { checkTraining } from './checkTraining.mjs';
import { missingPeers } from './registry.mjs';

/** @param {string[][]} rows the first column to the left, the others to the right */
function table(rows) {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  return rows
    .map((row) =>
      row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  '),
    )
    .join('\n');
}

/** @type {{ peer: string, check: string, value: number, limit: number }[]} */
const rows = [];
/** @param {typeof rows[number]} row */
const report = (row) => rows.push(row);

for (const name of missingPeers) console.log(`${name}: not installed, not checked`);
await checkInference(report);
await checkTraining(report);
await checkConvnets(report);
await checkConvnetTraining(report);
const verdicts = rows.map(({ peer, check, value, limit }) => [
  `${peer}: ${check}`,
  value.toExponential(2),
  `<= ${limit.toExponential(0)}`,
  value <= limit ? 'ok' : 'WRONG',
]);
console.log(`${table(verdicts)}\n\n${table(await timeInference())}`);
process.exit(rows.every(({ value, limit }) => value <= limit) ? 0 : 1); // other engines leave handles behind
