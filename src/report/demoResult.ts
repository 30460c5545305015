/** The measured result of the demo, as the report, the JSON file and the terminal read it. */

/** Histories of one training run, one entry per epoch. Accuracies and sparsities are fractions in [0, 1]. */
export interface EpochSeries {
  loss: number[];
  accuracy: number[];
  valLoss: number[];
  valAccuracy: number[];
  sparsity: number[];
  learningRate: number[];
  samplesPerSecond: number[];
}

/** Everything the demo measures. Accuracies and sparsities are fractions in [0, 1]. */
export interface DemoResult {
  seconds: number;
  seed: number;
  /** ISO 8601. */
  date: string;
  command: string;
  machine: { cpu: string; cores: number; node: string; platform: string };
  dense: { accuracy: number; parameters: number; bytes: number };
  sparse: { accuracy: number; sparsity: number; parameters: number; bytes: number };
  /** Microseconds per call with that batch. */
  bench: { batch: number; denseMicros: number; sparseMicros: number; speedup: number }[];
  /** Training runs in order: `dense`, `round 1 (45 %)`, ... */
  training: { name: string; history: EpochSeries }[];
  /** Validation accuracy right after pruning, and after retraining. */
  rounds: { round: number; sparsity: number; validationAccuracyBefore: number; validationAccuracy: number }[];
  layers: {
    name: string;
    shape: [number, number];
    weights: number;
    live: number;
    format: string;
    kernel: string;
  }[];
  /** 784 counts: how many live weights of layer 1 read each pixel, row-major. */
  pixels: number[];
}
