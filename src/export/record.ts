/** Compiles a network in a memory of its own and writes down what running it would call: nothing is run. */
import type { Network } from '../graph/network.js';
import type { Engine } from '../runtime/engine.js';
import { engineOver } from '../runtime/inferModule.js';
import { type Block, Memory } from '../runtime/memory.js';
import { type CompileOptions, compile, type Plan } from '../session/compile.js';
import { SPARE_BYTES } from '../session/measure.js';
import { type Pass, passesOf } from '../session/passes.js';
import { sizeOf } from '../tensor/shape.js';

/** Stands for the instruction that copies memory: to, from, bytes. */
export const COPY = 'memory.copy';

/** One call of a kernel, or COPY. */
export interface Call {
  readonly kernel: string;
  readonly args: readonly number[];
}

/** Calls over `count` samples, whose address is that of `input`, and where the outputs go that of `output`. */
export interface RecordedPass {
  readonly first: number;
  readonly count: number;
  readonly calls: readonly Call[];
}

/** A network as calls over blocks of memory. Blocks that running writes to hold zeros. */
export interface Recording {
  readonly blocks: readonly Block[];
  readonly input: Block;
  readonly output: Block;
  readonly passes: readonly RecordedPass[];
}

/** Memory without leftovers: what is not a weight is zero. */
class CleanMemory extends Memory {
  override allocate(bytes: number): Block {
    return super.allocate(bytes, true);
  }
}

/** An engine whose kernels run, or are written down while `calls` is there to take them. */
class Recorder {
  calls: Call[] | null = null;
  readonly engine: Engine;

  constructor({ build, memory, kernels }: Engine) {
    const recorded = Object.entries(kernels).map(([kernel, run]) => [
      kernel,
      (...args: number[]) =>
        this.calls ? this.#record(kernel, args) : (run as (...a: number[]) => number)(...args),
    ]);
    this.engine = { build, memory, kernels: Object.fromEntries(recorded) as Engine['kernels'] };
  }

  /** Products that have a second kernel for inputs of few nonzeros count these: told that there are many, they call the first. */
  #record(kernel: string, args: readonly number[]): number {
    if (kernel === 'count_nonzero_f32') return Infinity;
    this.calls!.push({ kernel, args });
    return 0;
  }

  /** A copy within memory, unless it is one onto itself. */
  copy(to: number, from: number, bytes: number): void {
    if (to !== from) this.calls!.push({ kernel: COPY, args: [to, from, bytes] });
  }

  /** What `work` calls. */
  during(work: () => void): readonly Call[] {
    const calls: Call[] = [];
    this.calls = calls;
    work();
    this.calls = null;
    return calls;
  }
}

/** Buffers for activations, for samples, and for outputs. */
interface Room {
  readonly buffers: readonly Block[];
  readonly input: Block;
  readonly output: Block;
}

/** Room for all passes. A single sample comes and goes in the buffers themselves. */
function roomFor(memory: Memory, network: Network, { widest, buffers }: Plan, passes: readonly Pass[]): Room {
  const last = passes.at(-1)!;
  const most = Math.max(...passes.map(({ program: { lanes }, count }) => Math.ceil(count / lanes) * lanes));
  const allocate = (floats: number) => memory.allocate(floats * 4 + SPARE_BYTES);
  const own = Array.from({ length: buffers }, () => allocate(widest * most));
  if (passes.length === 1 && last.program.lanes === 1) {
    return { buffers: own, input: own[0]!, output: own[last.program.result]! };
  }
  const samples = last.first + last.count;
  const { inputShape, outputShape } = network.graph;
  return {
    buffers: own,
    input: allocate(samples * sizeOf(inputShape)),
    output: allocate(samples * sizeOf(outputShape)),
  };
}

/** Calls what a session calls for one pass. */
function runPass(
  recorder: Recorder,
  network: Network,
  plan: Plan,
  room: Room,
  { program, count }: Pass,
): void {
  const { graph } = network;
  const { lanes, steps, result } = program;
  const { kernels } = recorder.engine;
  const at = (buffer: number) => room.buffers[buffer]!.address;
  const [input, output, last] = [room.input.address, room.output.address, at(result)];
  const outputs = sizeOf(graph.outputShape);
  if (lanes === 1) recorder.copy(at(0), input, sizeOf(graph.inputShape) * 4);
  else plan.tile(at(0), input, count, lanes);
  const tiles = Math.ceil(count / lanes);
  for (const { run, places } of steps) run(at(places.x), at(places.y), tiles, at(places.also));
  if (lanes === 1) recorder.copy(output, last, outputs * 4);
  else kernels.untile_f32(output, last, outputs, count, lanes);
}

/** Compiles a network `padding` bytes further up in memory than it has to be, and records one batch. */
export async function record(network: Network, options: CompileOptions, padding: number): Promise<Recording> {
  const memory = new CleanMemory();
  memory.allocate(padding);
  const recorder = new Recorder(await engineOver(memory));
  const plan = compile(recorder.engine, network, options);
  const cut = passesOf(plan, options.batch);
  const room = roomFor(memory, network, plan, cut);
  const passes = cut.map((pass) => {
    const calls = recorder.during(() => runPass(recorder, network, plan, room, pass));
    return { first: pass.first, count: pass.count, calls };
  });
  const { buffers, input, output } = room;
  const blocks = [...new Set([...plan.blocks, ...buffers, input, output])];
  return { blocks, input, output, passes };
}
