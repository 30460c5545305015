/** Where and how often the state of a run is kept. */
import { OptionError } from '../../errors.js';
import { expectWritable, writeAtomically } from '../../io/files.js';
import { readIfThere } from '../../io/read.js';
import { expectInteger, expectOptions, show } from '../../options.js';

/** A place for one checkpoint, such as an entry of IndexedDB or a file of a page's private file system. */
export interface CheckpointStore {
  /** The bytes of the last write that succeeded; undefined where there was none. */
  read(): Promise<Uint8Array | ArrayBuffer | undefined>;
  /** Replaces them as a whole: after a crash read() must give the old ones or the new ones. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Where a checkpoint is kept, and how often it is written. */
export interface CheckpointOptions {
  /** A file. Or a `store`. */
  readonly path?: string;
  readonly store?: CheckpointStore;
  /** Epochs from one checkpoint to the next, 1 by default. */
  readonly everyEpochs?: number;
  /** Steps from one to the next, within epochs too; none by default. */
  readonly everySteps?: number;
}

/** Checked options. */
export interface CheckpointPlan {
  readonly store: CheckpointStore;
  /** Throws where it is known before anything is written that nothing can be. */
  readonly expectReady?: () => Promise<void>;
  /** How messages call it. */
  readonly label: string;
  readonly everyEpochs: number;
  readonly everySteps: number;
}

const isStore = (given: unknown): given is CheckpointStore =>
  typeof (given as CheckpointStore)?.read === 'function' &&
  typeof (given as CheckpointStore).write === 'function';

/** Half a store is told what it lacks. */
const isMeantAsStore = (given: object): given is CheckpointStore =>
  given !== null && typeof given === 'object' && ('read' in given || 'write' in given);

type Place = Pick<CheckpointPlan, 'store' | 'expectReady' | 'label'>;

function placeOf(where: string, { path, store }: CheckpointOptions): Place {
  if ((path === undefined) === (store === undefined)) {
    const got = path === undefined ? 'neither' : 'both';
    throw new OptionError(`${where}: checkpoint must have either a path or a store, got ${got}`);
  }
  if (path === undefined) {
    if (isStore(store)) return { store, label: 'in its store' };
    throw new OptionError(
      `${where}: checkpoint: a store must have both functions, read and write, got ${show(store)}`,
    );
  }
  if (typeof path !== 'string' || path === '') {
    throw new OptionError(`${where}: checkpoint must be a file name, got ${show(path)}`);
  }
  return {
    store: { read: () => readIfThere(where, path), write: (bytes) => writeAtomically(path, bytes, where) },
    expectReady: () => expectWritable(path, where),
    label: show(path),
  };
}

/** Throws OptionError unless `given` says where to keep a checkpoint: a file name, a store, or options. */
export function checkCheckpoint(
  where: string,
  given: string | CheckpointStore | CheckpointOptions,
): CheckpointPlan {
  const options: CheckpointOptions =
    typeof given === 'string' ? { path: given } : isMeantAsStore(given) ? { store: given } : given;
  expectOptions(`${where}: checkpoint`, options, ['path', 'store', 'everyEpochs', 'everySteps']);
  const every = (name: 'everyEpochs' | 'everySteps', byDefault: number) =>
    options[name] === undefined ? byDefault : expectInteger(`${where}: checkpoint`, name, options[name]);
  return {
    ...placeOf(where, options),
    everyEpochs: every('everyEpochs', 1),
    everySteps: every('everySteps', Infinity),
  };
}
