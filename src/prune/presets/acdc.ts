/** AC/DC: training that is dense and sparse in turns. */
import { expectNumber, expectOptions } from '../../options.js';
import { flagOf } from '../../train/checkpoint/read.js';
import type { PruningProcess, PruningRun, TrainingPruning } from '../../train/pruning.js';
import { ifRoom, settleStorage } from '../../train/storage.js';
import type { Trainable } from '../../train/trainable.js';
import type { Allocation, AllocationName } from '../allocations/index.js';
import { type PhaseOptions, phases } from '../methods/phases.js';
import { expectAllocation } from '../methods/ramp.js';
import { rankedMasks } from '../methods/ranking.js';
import { expectSingleWeights } from '../methods/storage.js';

/** Options of acdc(). */
export interface AcdcOptions extends PhaseOptions {
  /** Share of zeros over the prunable weights in sparse phases and in the end, 0 to 1; reached to one weight. */
  readonly sparsity: number;
  /** How much from which tensor: `'global'` by default. */
  readonly allocation?: Allocation | AllocationName;
}

/** Everything is live, in dense storage; what was pruned begins at zero, with empty moments. */
function decompress(model: Trainable): void {
  for (const parameter of model.parameters) if (parameter.prunable) parameter.setMask(null);
}

/** The largest weights stay; weights that are no longer finite are left to fit(), which takes them back. */
function compress(model: Trainable, allocation: Allocation, sparsity: number): void {
  const { kernels, parameters } = model;
  if (parameters.some(({ address, count }) => kernels.count_nonfinite_f32(address, count) > 0)) return;
  decompress(model);
  const weights = [...parameters.entries()].flatMap(([index, parameter]) =>
    parameter.prunable ? [{ index, parameter }] : [],
  );
  const sizes = (at: (typeof weights)[number]) => at.parameter.view().map((value) => Math.abs(value));
  const masks = rankedMasks(weights, sizes, allocation, sparsity);
  weights.forEach(({ parameter }, i) => {
    parameter.setMask(masks[i]!);
  });
  settleStorage(model);
}

/** Momentum begins anew; what an optimizer knows of the scale of gradients stays. */
function clearMomentum(model: Trainable, run: PruningRun): void {
  const { f32 } = model.engine.memory;
  model.parameters.forEach(({ count }, i) => {
    const momentum = run.moments(i)[0];
    if (momentum !== undefined) f32.fill(0, momentum / 4, momentum / 4 + count);
  });
}

/**
 * AC/DC: phases in which all weights train alternate with phases in which only the largest do, which are compressed anew
 * at each begin; what was pruned comes back at zero. Momentum (the first moment) is cleared at each switch. Sparse phases
 * train in the model's storage, and the fit ends with one. What was pruned before the fit comes back too; a fit stopped in a dense
 * phase ends dense. Peste, Iofinova, Vladu & Alistarh 2021, arXiv:2106.12379.
 */
export function acdc(options: AcdcOptions): TrainingPruning {
  const names = ['sparsity', 'allocation', 'dense', 'sparse', 'warmup', 'finish'];
  expectOptions('acdc', options, names);
  const sparsity = expectNumber('acdc', 'sparsity', options.sparsity, 0, 1);
  const allocation = expectAllocation('acdc', options.allocation);
  const sparseAt = phases('acdc', options);
  return Object.freeze({
    kind: 'acdc',
    options: { sparsity, allocation, phases: sparseAt },
    start(model, run): PruningProcess {
      expectSingleWeights('acdc', model);
      const isSparse = sparseAt(run);
      let now: boolean | undefined;
      return {
        prepare(step) {
          const next = isSparse(step);
          if (next === now) return;
          if (next) compress(model, allocation, sparsity);
          else decompress(model);
          clearMomentum(model, run);
          now = next;
        },
        observe: () => undefined,
        rewire: () => false,
        restored() {
          now = undefined; // whatever came back is made what the phase asks for
        },
        state: () => now ?? null,
        restore(state) {
          now = state === null ? undefined : flagOf('acdc', state);
        },
        end() {
          ifRoom(() => settleStorage(model));
        },
      };
    },
  } satisfies TrainingPruning);
}
