/** Inference: a network compiled for one batch size. */
import { DisposedError, OptionError, ShapeError } from '../errors.js';
import { expectNetwork, type Network, type NetworkSource } from '../graph/network.js';
import type { Budget } from '../io/budget.js';
import { readBytes } from '../io/files.js';
import { decodeModel } from '../io/modelFile.js';
import { expectBoolean, expectInteger, expectOneOf, expectOptions, show } from '../options.js';
import { type BuildName, type Engine, relaxedEngine, sharedEngine, sharedNow } from '../runtime/engine.js';
import type { Block } from '../runtime/memory.js';
import { sizeOf } from '../tensor/shape.js';
import { compile, type Plan } from './compile.js';
import { explain } from './explain.js';
import type { SessionLayer } from './layers.js';
import { cut, type KernelChoice } from './planner.js';
import { productFormats } from './products/index.js';
import type { Program } from './program.js';

/** Options of createSession and loadSession. */
export interface SessionOptions {
  /** Samples that a call will usually bring: decides layout and kernels. Any number may be run. 32 by default. */
  readonly batch?: number;
  /** `'auto'` by default; `'dense'` skips, drops and folds nothing: the baseline of every speed-up. */
  readonly kernels?: KernelChoice;
  /** Times every format of every layer at creation and takes the fastest; false by default. Changes no result. */
  readonly measure?: boolean;
  /**
   * Lets the processor fuse multiplications with additions, where it has relaxed SIMD: in batches about a tenth faster, and other
   * bits on other machines. False by default; without relaxed SIMD it changes nothing (`session.build` tells).
   */
  readonly relaxed?: boolean;
}

/** Samples that go through the whole network together, while they are hot in cache. */
const PASS = 32;
/** Room after the last value of a buffer: kernels for one sample keep a zero there. */
const SPARE_BYTES = 16;
/** Outputs up to which a loop copies faster than a view. */
const FEW = 64;

/** Samples that one program runs together. */
interface Pass {
  readonly program: Program;
  readonly first: number;
  readonly count: number;
}

/** A compiled network. Made by createSession or loadSession; `dispose()` gives its memory back. */
export class Session {
  readonly #engine: Engine;
  readonly #plan: Plan;
  readonly #batch: number;
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #rows: Block;
  readonly #buffers: readonly [Block, Block];
  #passes: { readonly samples: number; readonly list: readonly Pass[] } = { samples: 0, list: [] };
  #live = true;

  /** @internal */
  constructor(engine: Engine, network: Network, options: Required<SessionOptions>) {
    this.#engine = engine;
    this.#batch = options.batch;
    this.#inputs = sizeOf(network.graph.inputShape);
    this.#outputs = sizeOf(network.graph.outputShape);
    this.#plan = compile(engine, network, options);
    const most = [...this.#plan.programs.keys()].some((lanes) => lanes > 1) ? PASS : 1;
    const allocate = (features: number) => engine.memory.allocate(features * most * 4 + SPARE_BYTES);
    this.#rows = allocate(Math.max(this.#inputs, this.#outputs));
    this.#buffers = [allocate(this.#plan.widest), allocate(this.#plan.widest)];
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
   * WebAssembly memory. Throws ShapeError on wrong lengths, DisposedError after dispose(). NaN passes through.
   */
  run(x: Float32Array, out?: Float32Array): Float32Array {
    if (!this.#live) throw new DisposedError('Session.run: a session must not be used after dispose()');
    const samples = this.#samples(x, out);
    const result = out ?? new Float32Array(samples * this.#outputs);
    if (samples !== this.#passes.samples) this.#passes = { samples, list: this.#passesOf(samples) };
    for (const { program, first, count } of this.#passes.list) {
      if (program.lanes === 1) this.#runOne(program, x, result, first);
      else this.#runTiles(program, x, result, first, count);
    }
    return result;
  }

  /** Frees the weights and buffers; further calls throw DisposedError. Disposing twice is harmless. */
  dispose(): void {
    if (!this.#live) return;
    this.#live = false;
    for (const block of this.#plan.blocks) block.free();
    this.#rows.free();
    for (const buffer of this.#buffers) buffer.free();
  }

  #samples(x: Float32Array, out: Float32Array | undefined): number {
    if (!(x instanceof Float32Array) || x.length % this.#inputs !== 0) {
      throw new ShapeError(
        `Session.run: x must be a Float32Array of a multiple of ${this.#inputs} values, got ${show(x)}`,
      );
    }
    const samples = x.length / this.#inputs;
    if (out !== undefined && (!(out instanceof Float32Array) || out.length !== samples * this.#outputs)) {
      throw new ShapeError(
        `Session.run: out must be a Float32Array of ${samples} x ${this.#outputs} values, got ${show(out)}`,
      );
    }
    return samples;
  }

  /** Cuts a number of samples into tiles that go together: at most PASS samples, while they are hot in cache. */
  #passesOf(samples: number): Pass[] {
    const passes: Pass[] = [];
    let first = 0;
    for (const { lanes, count } of cut(samples, this.#plan.tiles)) {
      const program = this.#plan.programs.get(lanes)!;
      const end = Math.min(samples, first + lanes * count);
      const step = lanes === 1 ? 1 : PASS;
      for (; first < end; first += step) passes.push({ program, first, count: Math.min(step, end - first) });
      first = end;
    }
    return passes;
  }

  /** Runs all steps from the first buffer; returns the address of the last result. */
  #steps({ steps }: Program, tiles: number): number {
    let x = this.#buffers[0].address;
    let y = this.#buffers[1].address;
    for (const step of steps) {
      if (step.inPlace) {
        step.run(x, x, tiles);
      } else {
        step.run(x, y, tiles);
        [x, y] = [y, x];
      }
    }
    return x;
  }

  #runOne(program: Program, x: Float32Array, out: Float32Array, sample: number): void {
    const from = sample * this.#inputs;
    const given = x.length === this.#inputs ? x : x.subarray(from, from + this.#inputs);
    const memory = this.#engine.memory.f32;
    memory.set(given, this.#buffers[0].address / 4);
    const at = this.#steps(program, 1) / 4;
    const to = sample * this.#outputs;
    if (this.#outputs > FEW) out.set(memory.subarray(at, at + this.#outputs), to);
    // A view costs more than copying a few numbers.
    else for (let i = 0; i < this.#outputs; i++) out[to + i] = memory[at + i]!;
  }

  #runTiles(program: Program, x: Float32Array, out: Float32Array, first: number, count: number): void {
    const { kernels, memory } = this.#engine;
    const [inputs, outputs, lanes] = [this.#inputs, this.#outputs, program.lanes];
    const rows = this.#rows.address;
    const floats = memory.f32;
    const whole = count * inputs === x.length;
    floats.set(whole ? x : x.subarray(first * inputs, (first + count) * inputs), rows / 4);
    this.#plan.tile(this.#buffers[0].address, rows, count, lanes);
    const y = this.#steps(program, Math.ceil(count / lanes));
    kernels.untile_f32(rows, y, outputs, count, lanes);
    out.set(floats.subarray(rows / 4, rows / 4 + count * outputs), first * outputs);
  }
}

function checkOptions(where: string, options: SessionOptions): Required<SessionOptions> {
  expectOptions(where, options, ['batch', 'kernels', 'measure', 'relaxed']);
  const choices: KernelChoice[] = [
    'auto',
    ...(Object.keys(productFormats) as (keyof typeof productFormats)[]),
  ];
  return {
    batch: expectInteger(where, 'batch', options.batch ?? 32),
    kernels: expectOneOf(where, 'kernels', options.kernels ?? 'auto', choices),
    measure: expectBoolean(where, 'measure', options.measure ?? false),
    relaxed: expectBoolean(where, 'relaxed', options.relaxed ?? false),
  };
}

function engineFor({ relaxed }: Required<SessionOptions>): Promise<Engine> {
  return relaxed ? relaxedEngine() : sharedEngine();
}

/** A session, or MemoryError and nothing left behind. */
function open(engine: Engine, network: Network, options: Required<SessionOptions>): Session {
  return engine.memory.allOrNothing(() => new Session(engine, network, options));
}

/** Compiles a model (or any network) for inference. The session holds a copy: later training does not change it. */
export async function createSession(model: NetworkSource, options: SessionOptions = {}): Promise<Session> {
  const checked = checkOptions('createSession', options);
  if (typeof model?.toNetwork !== 'function') {
    throw new OptionError(
      `createSession: model must come from sequential() or loadModel(), got ${show(model)}`,
    );
  }
  // A model's own weights, where nothing can change them before they are compiled: a copy is a millisecond.
  const engine = checked.relaxed ? null : sharedNow();
  const lent = engine && model.lendNetwork?.();
  if (lent) return open(engine, lent, checked);
  const network = model.toNetwork();
  expectNetwork(network);
  return open(await engineFor(checked), network, checked);
}

/** Compiles a model file: bytes, a path, or a URL. Throws FormatError or FileError; `budget` limits what it may ask for. */
export async function loadSession(
  source: Uint8Array | string | URL,
  options: SessionOptions & { readonly budget?: Partial<Budget> } = {},
): Promise<Session> {
  expectOptions('loadSession', options, ['batch', 'kernels', 'measure', 'relaxed', 'budget']);
  const { budget, ...rest } = options;
  const checked = checkOptions('loadSession', rest);
  const loading = engineFor(checked); // compiles in the background while the file is read
  const bytes = source instanceof Uint8Array ? source : await readBytes(source);
  const engine = await loading;
  const { network } = decodeModel(bytes, budget, engine);
  return open(engine, network, checked);
}
