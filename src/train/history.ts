/** Figures of a fit, epoch by epoch. */
import type { EpochLogs, History } from './callbacks/callback.js';

/** No epochs yet. */
export function emptyHistory(): History {
  return {
    loss: [],
    accuracy: [],
    valLoss: [],
    valAccuracy: [],
    sparsity: [],
    learningRate: [],
    samplesPerSecond: [],
    seconds: [],
    liveWeights: [],
    trainingBytes: [],
    storage: [],
  };
}

/** Adds an epoch. */
export function record(history: History, logs: EpochLogs): void {
  for (const [name, list] of Object.entries(history) as [keyof History, (number | string)[]][]) {
    const value = logs[name];
    if (value !== undefined) list.push(value);
  }
}
