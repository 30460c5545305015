/** Inference: a network compiled for one batch size. */
import { DisposedError } from '../errors.js';
import type { Network, NetworkSource } from '../graph/network.js';
import type { Budget } from '../io/budget.js';
import { type FileSource, openModel } from '../io/modelSource.js';
import { expectOptions } from '../options.js';
import type { Block } from '../runtime/block.js';
import { type BuildName, type Engine, sharedNow } from '../runtime/engine.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import { type CompileOptions, compile, type Plan } from './compile.js';
import { explain } from './explain.js';
import type { SessionLayer } from './layers.js';
import { SPARE_BYTES } from './measure.js';
import { checkOptions, engineFor, expectSamples, SESSION_OPTIONS, type SessionOptions } from './options.js';
import { overlap } from './overlap.js';
import { type Pass, passesOf } from './passes.js';
import { cut } from './planner.js';
import { expectLabels, type Labels, type Profile, profileOf } from './profile.js';
import type { Program } from './program.js';
import { expectSource, networkOf } from './source.js';
import { addLive, type WeightCounts, weightCounts } from './tally.js';

/** Outputs up to which a loop copies faster than a view. */
const FEW = 64;

/** A compiled network. Made by createSession or loadSession; `dispose()` gives its memory back. */
export class Session {
  readonly #engine: Engine;
  readonly #plan: Plan;
  readonly #batch: number;
  /** Shape of one sample, without the batch: `[784]`, or channels first, `[1, 28, 28]`. */
  readonly inputShape: Shape;
  /** Shape of one sample's outputs. */
  readonly outputShape: Shape;
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #rows: Block;
  readonly #buffers: readonly Block[];
  #passes: { readonly samples: number; readonly list: readonly Pass[] } = { samples: 0, list: [] };
  #live = true;

  /** @internal */
  constructor(engine: Engine, network: Network, options: CompileOptions) {
    this.#engine = engine;
    this.#batch = options.batch;
    this.inputShape = network.graph.inputShape;
    this.outputShape = network.graph.outputShape;
    this.#inputs = sizeOf(this.inputShape);
    this.#outputs = sizeOf(this.outputShape);
    this.#plan = compile(engine, network, options);
    const { programs, pass, buffers } = this.#plan;
    const most = [...programs.keys()].some((lanes) => lanes > 1) ? pass : 1;
    const allocate = (features: number) => engine.memory.allocate(features * most * 4 + SPARE_BYTES);
    this.#rows = allocate(Math.max(this.#inputs, this.#outputs));
    this.#buffers = Array.from({ length: buffers }, () => allocate(this.#plan.widest));
  }

  /** Build of the kernels that it runs on. */
  get build(): BuildName {
    return this.#engine.build;
  }

  /** What is done for every layer: shape, nnz, format, kernel, bytes, multiply-adds, why; times when measured. */
  get layers(): readonly SessionLayer[] {
    return this.#plan.layers;
  }

  /** The same as an aligned table. */
  explain(): string {
    return explain(this.#plan.layers, this.#batch, cut(this.#batch, this.#plan.tiles));
  }

  /**
   * Runs the network on any number of samples, synchronously.
   *
   * x [n, ...inputShape]; returns `out` or a new array [n, ...outputShape] that the caller owns, never a view of
   * WebAssembly memory; `out` may share memory with x. Throws ShapeError on wrong lengths, DisposedError after dispose(). NaN passes through.
   */
  run(x: Float32Array, out?: Float32Array): Float32Array {
    return this.#run('Session.run', x, out);
  }

  /**
   * Runs x [n, ...inputShape] and tells what each sample needs: multiplications by nonzero weights, after dropping and
   * folding, whose input is not zero. With labels [n], how many samples have their largest output there.
   *
   * Throws ShapeError, OptionError or DataError on samples and labels that do not fit, DisposedError after dispose().
   */
  profile(x: Float32Array, labels?: Labels): Profile {
    this.#expectLive('Session.profile');
    const samples = expectSamples('Session.profile', x, undefined, this.#inputs, this.#outputs);
    expectLabels('Session.profile', samples, labels, this.#outputs);
    const tally = new Float64Array(samples);
    const outputs = this.#run('Session.profile', x, undefined, tally);
    return profileOf({ outputs, labels, tally, weights: this.weights });
  }

  /** @internal As run; adds to `tally` [n] the multiply-adds that each sample needs. */
  count(x: Float32Array, out: Float32Array, tally: Float64Array): Float32Array {
    return this.#run('Session.run', x, out, tally);
  }

  /** @internal All weights, and those that are left of them. */
  get weights(): WeightCounts {
    return weightCounts(this.#plan.layers, this.#plan.programs.values().next().value!);
  }

  /** Frees the weights and buffers; further calls throw DisposedError. Disposing twice is harmless. */
  dispose(): void {
    if (!this.#live) return;
    this.#live = false;
    for (const block of this.#plan.blocks) block.free();
    this.#rows.free();
    for (const buffer of this.#buffers) buffer.free();
  }

  #expectLive(where: string): void {
    if (!this.#live) throw new DisposedError(`${where}: a session must not be used after dispose()`);
  }

  #run(where: string, given: Float32Array, out?: Float32Array, tally?: Float64Array): Float32Array {
    this.#expectLive(where);
    const samples = expectSamples(where, given, out, this.#inputs, this.#outputs);
    const x = out && overlap(given, out) ? given.slice() : given;
    const result = out ?? new Float32Array(samples * this.#outputs);
    if (samples !== this.#passes.samples) this.#passes = { samples, list: passesOf(this.#plan, samples) };
    for (const { program, first, count } of this.#passes.list) {
      const part = tally?.subarray(first, first + count);
      if (program.lanes === 1) this.#runOne(program, x, result, first, part);
      else this.#runTiles(program, x, result, first, count, part);
    }
    return result;
  }

  /** Runs all steps, from the first buffer on; returns the address of the last result. */
  #steps({ steps, lanes, result }: Program, tiles: number, tally: Float64Array | undefined): number {
    const buffers = this.#buffers;
    for (const step of steps) {
      const { places } = step;
      const x = buffers[places.x]!.address;
      const counts = tally && step.columnCounts();
      if (counts) addLive(tally, this.#engine.memory.f32, x, counts, lanes);
      step.run(x, buffers[places.y]!.address, tiles, buffers[places.also]!.address);
    }
    return buffers[result]!.address;
  }

  #runOne(
    program: Program,
    x: Float32Array,
    out: Float32Array,
    sample: number,
    tally: Float64Array | undefined,
  ): void {
    const from = sample * this.#inputs;
    const given = x.length === this.#inputs ? x : x.subarray(from, from + this.#inputs);
    const memory = this.#engine.memory.f32;
    memory.set(given, this.#buffers[0]!.address / 4);
    const at = this.#steps(program, 1, tally) / 4;
    const to = sample * this.#outputs;
    if (this.#outputs > FEW) out.set(memory.subarray(at, at + this.#outputs), to);
    // A view costs more than copying a few numbers.
    else for (let i = 0; i < this.#outputs; i++) out[to + i] = memory[at + i]!;
  }

  #runTiles(
    program: Program,
    x: Float32Array,
    out: Float32Array,
    first: number,
    count: number,
    tally: Float64Array | undefined,
  ): void {
    const { kernels, memory } = this.#engine;
    const [inputs, outputs, lanes] = [this.#inputs, this.#outputs, program.lanes];
    const rows = this.#rows.address;
    const floats = memory.f32;
    const whole = count * inputs === x.length;
    floats.set(whole ? x : x.subarray(first * inputs, (first + count) * inputs), rows / 4);
    this.#plan.tile(this.#buffers[0]!.address, rows, count, lanes);
    const y = this.#steps(program, Math.ceil(count / lanes), tally);
    kernels.untile_f32(rows, y, outputs, count, lanes);
    out.set(floats.subarray(rows / 4, rows / 4 + count * outputs), first * outputs);
  }
}

/** A session, or MemoryError and nothing left behind. */
function open(engine: Engine, network: Network, options: Required<SessionOptions>): Session {
  return engine.memory.allOrNothing(() => new Session(engine, network, options));
}

/**
 * Compiles a model (or any network) for inference. The session holds a copy: later training does not change it.
 *
 * @example
 * ```ts
 * import { createSession, dense, relu, sequential } from 'espalier';
 *
 * const model = await sequential({ inputShape: [784], seed: 7, sparsity: 0.95 }, [dense(300), relu(), dense(10)]);
 * const session = await createSession(model, { batch: 32 });
 * const logits = session.run(new Float32Array(32 * 784)); // Float32Array [32 * 10]
 * console.log(session.explain()); // which kernel runs each layer
 * session.dispose();
 * ```
 */
export async function createSession(model: NetworkSource, options: SessionOptions = {}): Promise<Session> {
  const checked = checkOptions('createSession', options);
  expectSource('createSession: model', model);
  // A model's own weights, where nothing can change them before they are compiled: a copy is a millisecond.
  const engine = checked.relaxed ? null : sharedNow();
  const lent = engine && model.lendNetwork?.();
  if (lent) return open(engine, lent, checked);
  const network = networkOf('createSession: model', model);
  return open(await engineFor(checked), network, checked);
}

/**
 * Compiles a model file: bytes, a path, or a URL. Throws FormatError or FileError; `budget` limits what it may ask for.
 *
 * @example
 * ```ts
 * import { loadSession } from 'espalier/session';
 *
 * const session = await loadSession('model.safetensors', { batch: 1 }); // in pages a URL, or bytes
 * const logits = session.run(new Float32Array(784));
 * ```
 */
export async function loadSession(
  source: FileSource,
  options: SessionOptions & { readonly budget?: Partial<Budget> } = {},
): Promise<Session> {
  expectOptions('loadSession', options, [...SESSION_OPTIONS, 'budget']);
  const { budget, ...rest } = options;
  const checked = checkOptions('loadSession', rest);
  const loading = engineFor(checked); // compiles in the background while the file is read
  const { network } = await openModel('loadSession', source, budget, loading);
  return open(await loading, network, checked);
}
