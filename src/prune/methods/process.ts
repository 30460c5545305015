/** A method with shadows as a process of fit(). */
import { type CheckpointValue, fieldsOf, flagOf } from '../../train/checkpoint/read.js';
import type { PruningProcess } from '../../train/pruning.js';
import type { Trainable } from '../../train/trainable.js';
import { commitMasks, type Shadows } from './shadows.js';

/** What a method does in the steps of a fit; it makes the effective weights. */
export interface ShadowRule extends Partial<Pick<PruningProcess, 'prepare' | 'observe' | 'finite'>> {
  /** True when the optimizer moves the shadows; else it moves the weights, and the method carries them over. */
  readonly moves: boolean;
  /**
   * After the update of a step, which leaves effective weights and masks that may stay; true when the masks are final, and the
   * rest of the fit is ordinary training.
   */
  updated(step: number): boolean;
  /** Weights were put back, and the shadows are copies of them: brings the rule's own state in line. */
  restored?(): void;
  /** What it knows besides the arrays of its shadows, for a checkpoint; and the inverse, which throws FormatError. */
  state?(): CheckpointValue;
  restore?(state: CheckpointValue): void;
  /** Gives the rule's own memory back. */
  free?(): void;
}

/** Runs a rule until it is done or the fit ends; then masks are committed, and no memory is left behind. */
export function shadowProcess(model: Trainable, shadows: Shadows, rule: ShadowRule): PruningProcess {
  let running = true;
  const end = () => {
    if (!running) return;
    running = false;
    rule.free?.();
    shadows.end();
  };
  return {
    get raw() {
      return running;
    },
    prepare(step) {
      if (running) rule.prepare?.(step);
    },
    observe: (step) => (running ? rule.observe?.(step) : undefined),
    rewire: () => false,
    shadow: (index) => (running && rule.moves ? shadows.address(index) : 0),
    updated(step) {
      if (running && rule.updated(step)) end();
    },
    finite: () => !running || (shadows.finite() && (rule.finite?.() ?? true)),
    restored() {
      if (running) {
        shadows.follow();
        rule.restored?.();
      } else commitMasks(model);
    },
    state: () => ({
      running,
      shadows: running ? shadows.state() : null,
      rule: (running && rule.state?.()) || null,
    }),
    restore(value) {
      const { running: ran, shadows: kept, rule: own } = fieldsOf('pruning', value);
      if (flagOf('pruning.running', ran)) {
        shadows.restore(kept ?? null);
        rule.restore?.(own ?? null);
        return;
      }
      running = false; // masks are final, and the model has them already
      rule.free?.();
      shadows.free();
    },
    end,
  };
}
