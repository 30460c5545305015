/**
 * Inference alone: model files as sessions, without the code of training and pruning. `import { loadSession } from 'espalier/session'`.
 *
 * @module espalier/session
 */
export * from './errors.js';
export { type KernelSource, type KernelSources, loadKernels } from './io/kernels.js';
export type { FileSource } from './io/modelSource.js';
export type { Exit, ExitSessionOptions } from './session/exitOptions.js';
export type { ExitSession } from './session/exitSession.js';
export { loadExitSession } from './session/exits.js';
export type { SessionLayer } from './session/layers.js';
export type { SessionOptions } from './session/options.js';
export type { KernelChoice } from './session/planner.js';
export type { ExitShare, HistogramBin, Labels, MultiplyAdds, Profile } from './session/profile.js';
export { loadSession, type Session } from './session/session.js';
export type { Shape } from './tensor/shape.js';
