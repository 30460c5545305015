/** Compiles a network in a memory of its own and writes down what running it would call: nothing is run. */
import type { Network } from '../graph/network.js';
import type { Block } from '../runtime/block.js';
import { createEngine } from '../runtime/engine.js';
import { Memory } from '../runtime/memory.js';
import { type CompileOptions, compile, type Plan } from '../session/compile.js';
import { SPARE_BYTES } from '../session/measure.js';
import { type Pass, passesOf } from '../session/passes.js';
import { sizeOf } from '../tensor/shape.js';
import { type Call, Recorder } from './recorder.js';

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
  for (const { run, places } of steps) {
    recorder.step(() => run(at(places.x), at(places.y), tiles, at(places.also)));
  }
  if (lanes === 1) recorder.copy(output, last, outputs * 4);
  else kernels.untile_f32(output, last, outputs, count, lanes);
}

/** What recording depends on. */
export interface RecordOptions extends CompileOptions {
  readonly skipZeros: boolean;
}

/** Compiles a network `padding` bytes further up in memory than it has to be, and records one batch. */
export async function record(network: Network, options: RecordOptions, padding: number): Promise<Recording> {
  const memory = new CleanMemory();
  memory.allocate(padding);
  const recorder = new Recorder(await createEngine(memory), options.skipZeros);
  const plan = compile(recorder.engine, network, options);
  const cut = passesOf(plan, options.batch);
  const room = roomFor(memory, network, plan, cut);
  const passes = cut.map((pass) => {
    const calls = recorder.recording(() => runPass(recorder, network, plan, room, pass));
    return { first: pass.first, count: pass.count, calls };
  });
  const { buffers, input, output } = room;
  const blocks = [...new Set([...plan.blocks, ...buffers, input, output])];
  return { blocks, input, output, passes };
}
