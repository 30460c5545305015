/** Progress of work that is not training: one line on a terminal, which goes when it is done. */
import type { CalibrationOptions } from '../prune/calibration.js';
import type { ProgressStream } from '../train/callbacks/index.js';

/** Milliseconds of work before it shows. */
const PATIENCE = 500;

/** For prune({ onProgress }): says what is done, and how much of it, once it has taken half a second. */
export function phaseProgress(stream: ProgressStream): NonNullable<CalibrationOptions['onProgress']> {
  let phase = '';
  let begun = 0;
  return (progress) => {
    if (!stream.isTTY) return;
    if (progress.phase !== phase) [phase, begun] = [progress.phase, performance.now()];
    const done = progress.done >= progress.total;
    if (performance.now() - begun < PATIENCE) return;
    const share = `${Math.floor((100 * progress.done) / Math.max(1, progress.total))} %`;
    stream.write(done ? '\r\x1b[K' : `\r\x1b[K${phase}  ${share}`);
  };
}
