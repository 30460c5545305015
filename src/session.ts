/** Public surface of `espalier/session`: inference only, no training and no pruning code. Re-exports only. */
export * from './errors.js';
export type { SessionLayer } from './session/layers.js';
export { loadSession, type Session, type SessionOptions } from './session/session.js';
