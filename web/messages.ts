/** What the page and its worker say to each other. */
import type { StructureKey } from './manifest.js';

/** One weight of a model, as a matrix. */
export interface Mask {
  readonly name: string;
  /** [units, inputs], or [filters, channels, rows, columns]. */
  readonly shape: readonly number[];
  readonly rows: number;
  readonly columns: number;
  /** 1 where a weight is left, row-major. */
  readonly live: Uint8Array;
  readonly count: number;
}

/** What is in a model file. */
export interface Inspection {
  readonly inputShape: readonly number[];
  readonly outputs: number;
  /** Whether the last layer is softmax. */
  readonly softmax: boolean;
  readonly masks: readonly Mask[];
  /** Connections that read each of 784 pixels; null where the first weight is not over pixels. */
  readonly reads: Uint16Array | null;
}

/** A model to time. */
export interface BenchModel {
  readonly sparsity: number;
  readonly structure: StructureKey;
  readonly bytes: Uint8Array;
}

/** Median microseconds of a call. */
export interface BenchRow {
  readonly name: string;
  readonly sparsity: number;
  readonly structure: StructureKey | null;
  /** By batch, in the order of `batches`. */
  readonly micros: readonly number[];
  /** Over the dense kernels: median over the rounds. */
  readonly speedups: readonly number[];
}

/** Batches that are timed. */
export const batches = [1, 32] as const;

/** How to train. */
export interface TrainOptions {
  readonly epochs: number;
  readonly sparsity: number;
  readonly structure: StructureKey;
}

/** Digits as they are shipped: pixels 0 to 255. */
export interface Digits {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** Where training is. */
export interface TrainProgress {
  /** Epochs that are done, with the part of the present one. */
  readonly at: number;
  readonly loss: number;
  readonly sparsity: number;
  /** While it ran: pauses, as of a frozen tab, do not count. */
  readonly samplesPerSecond: number;
  /** On the validation digits, after an epoch. */
  readonly accuracy: number | null;
}

/** What training gives. */
export interface Trained {
  readonly bytes: Uint8Array;
  /** On digits that neither training nor validation used. */
  readonly accuracy: number;
  readonly tested: number;
  readonly sparsity: number;
  readonly seconds: number;
  readonly stopped: boolean;
}

/** Work that the worker does: what it is given, tells on the way, and gives. */
export interface Jobs {
  inspect: { give: Uint8Array; tell: never; result: Inspection };
  bench: {
    give: { models: readonly BenchModel[]; digits: Digits };
    tell: number;
    result: readonly BenchRow[];
  };
  train: { give: { options: TrainOptions; digits: Digits }; tell: TrainProgress; result: Trained };
}

/** Names of the work. */
export type JobName = keyof Jobs;

/** To the worker. */
export type Request =
  | {
      readonly [Name in JobName]: {
        readonly kind: Name;
        readonly id: number;
        readonly give: Jobs[Name]['give'];
      };
    }[JobName]
  | { readonly kind: 'stop'; readonly id: number };

/** From the worker. */
export type Reply =
  | { readonly kind: 'tell'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly name: string; readonly message: string };
