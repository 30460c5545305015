/** Callbacks: a new one is one file and one line here. */
export type { Callback, EpochLogs, FitRun, History, Resumed, StepLogs } from './callback.js';
export { checkpoint } from './checkpoint.js';
export { type EarlyStoppingOptions, earlyStopping } from './earlyStopping.js';
export { csvLog, jsonlLog } from './logs.js';
export { type ProgressBarOptions, type ProgressStream, progressBar } from './progressBar.js';
