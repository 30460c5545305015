/** Checkpoints: model files with the state of the training that made them. */
import { FormatError } from '../errors.js';
import { show } from '../options.js';
import type { Engine } from '../runtime/engine.js';
import { Allowance, type Budget } from './budget.js';
import { openSealed, seal } from './checksum.js';
import { describeModel, type ModelFile, readModel } from './modelFile.js';
import { type CheckpointValue, packState, unpackState } from './state.js';

/** Of the training state; that of the model is in its own metadata. */
const VERSION = '2';

/** A model, and how far its training has come. */
export interface Checkpoint extends ModelFile {
  readonly state: CheckpointValue;
}

/** Bytes of a checkpoint: a model file like others to whoever reads only the model. Throws DataError for other than plain data. */
export function encodeCheckpoint({ state, ...model }: Checkpoint, engine: Engine): Uint8Array {
  const { tensors, metadata } = describeModel(model);
  return seal([...tensors, ...packState(state)], { ...metadata, checkpoint: VERSION }, engine);
}

function expectVersion(version: string | undefined): void {
  if (version === VERSION) return;
  const got = version === undefined ? 'a model without training state' : `version ${show(version)}`;
  throw new FormatError(`checkpoint: the file must be a checkpoint of version ${VERSION}, got ${got}`);
}

/** Inverse of encodeCheckpoint(). Throws FormatError, for model files without a training state too. */
export function decodeCheckpoint(bytes: Uint8Array, budget: Partial<Budget>, engine: Engine): Checkpoint {
  const file = openSealed(bytes, budget, engine);
  expectVersion(file.metadata.checkpoint);
  const model = readModel(file, new Allowance(bytes.length, budget), engine);
  return { ...model, state: unpackState(file.tensors) };
}

/** The training state in a model file; undefined where it has none. Throws FormatError. */
export function trainingStateOf(
  bytes: Uint8Array,
  budget: Partial<Budget> = {},
): CheckpointValue | undefined {
  const { tensors, metadata } = openSealed(bytes, budget);
  if (metadata.checkpoint === undefined) return undefined;
  expectVersion(metadata.checkpoint);
  return unpackState(tensors);
}
