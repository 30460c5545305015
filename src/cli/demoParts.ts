/** Parts of the demo's result that describe rather than measure. */
import { cpus } from 'node:os';
import type { Sequential } from '../model/index.js';
import type { PruneReport } from '../prune/prune.js';
import type { DemoResult } from '../report/index.js';
import { formatPercent } from '../report/table.js';
import { createSession } from '../session/session.js';
import type { History } from '../train/callbacks/index.js';

/** How the pruned network is laid out, and which pixels its first layer still reads. */
export async function describe(model: Sequential): Promise<Pick<DemoResult, 'layers' | 'pixels'>> {
  const session = await createSession(model);
  const layers = session.layers
    .filter((layer) => layer.format !== '-')
    .map(({ name, shape, nnz, format, kernel }) => {
      const [outputs, inputs] = [shape[0]!, shape[1]!];
      return {
        name,
        shape: [outputs, inputs] as [number, number],
        weights: outputs * inputs,
        live: nnz,
        format,
        kernel,
      };
    });
  session.dispose();
  const first = model.layers[0]!.weight!;
  const inputs = first.shape[1]!;
  const pixels = new Array<number>(inputs).fill(0);
  first.data.forEach((value, i) => {
    if (value !== 0) pixels[i % inputs]!++;
  });
  return { layers, pixels };
}

/** Curves of all runs, and what each round cost and won back. */
export function training(dense: History, report: PruneReport): Pick<DemoResult, 'training' | 'rounds'> {
  const rounds = report.rounds.map(({ round, reached, pruned, retrained }) => ({
    round,
    sparsity: reached,
    validationAccuracyBefore: pruned?.accuracy ?? Number.NaN,
    validationAccuracy: retrained?.accuracy ?? Number.NaN,
  }));
  const retraining = report.rounds.map(({ round, reached, history }) => ({
    name: `round ${round} (${formatPercent(reached, 0)})`,
    history: history!,
  }));
  return { training: [{ name: 'dense', history: dense }, ...retraining], rounds };
}

/** What this ran on. */
export function machine(): DemoResult['machine'] {
  const all = cpus();
  const { version, platform, arch } = process;
  return {
    cpu: all[0]?.model.trim() || 'unknown processor',
    cores: all.length,
    node: version,
    platform: `${platform} ${arch}`,
  };
}
