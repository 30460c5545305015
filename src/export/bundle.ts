/** Makes one WebAssembly module of a network: its weights, the kernels it needs, and the calls between. */
import type { Network } from '../graph/network.js';
import { inferModule } from '../runtime/inferModule.js';
import { sizeOf } from '../tensor/shape.js';
import { batchFunction, type PassRun, passFunction, type Surroundings } from './code.js';
import { layOut, usedBlocks } from './layout.js';
import { type Recording, type RecordOptions, record } from './record.js';
import { kernelsIn } from './recorder.js';
import { type Argument, type MovablePass, relocate } from './relocate.js';
import { keep } from './wasm/keep.js';
import { type KernelFunction, readKernels } from './wasm/kernelModule.js';
import { type WrittenModule, writeModule } from './wasm/module.js';

/** How much further up the second recording lies: any multiple of a cache line tells addresses from other numbers. */
const [PADDING, SHIFT] = [64, 1 << 20];

/** A module, where samples go and answers come, and what it is made of. */
export interface Bundle extends WrittenModule {
  readonly inputs: number;
  readonly outputs: number;
  /** Byte addresses. */
  readonly input: number;
  readonly output: number;
  /** Kernels that are called. */
  readonly kernels: readonly string[];
  /** Functions that they consist of. */
  readonly functions: number;
  readonly memoryBytes: number;
}

/** The passes that differ, and which of them each pass is. */
function distinct(passes: readonly MovablePass[]): { readonly all: MovablePass[]; readonly kinds: number[] } {
  const known = new Map<string, number>();
  const all: MovablePass[] = [];
  const kinds = passes.map((pass) => {
    const key = JSON.stringify(pass.calls);
    const kind = known.get(key) ?? all.push(pass) - 1;
    known.set(key, kind);
    return kind;
  });
  return { all, kinds };
}

/** Sizes of a sample in bytes, and addresses of the first one. */
interface Ends {
  readonly input: number;
  readonly output: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
}

/** Runs of passes of one kind; `numbers` are those of the functions. */
function runsOf(
  passes: readonly MovablePass[],
  kinds: readonly number[],
  before: number,
  ends: Ends,
): PassRun[] {
  const runs: PassRun[] = [];
  passes.forEach(({ first, count }, i) => {
    const number = before + kinds[i]!;
    const last = runs.at(-1);
    if (last?.number === number) runs[runs.length - 1] = { ...last, times: last.times + 1 };
    else {
      runs.push({
        number,
        times: 1,
        from: ends.input + first * ends.inputBytes,
        to: ends.output + first * ends.outputBytes,
        fromStep: count * ends.inputBytes,
        toStep: count * ends.outputBytes,
      });
    }
  });
  return runs;
}

/** Functions beside the kernels; the last one runs a batch. */
function batchFunctions(passes: readonly MovablePass[], around: Surroundings, ends: Ends): KernelFunction[] {
  if (passes.length === 1) return [passFunction(passes[0]!, around, false)];
  const { all, kinds } = distinct(passes);
  const before = around.kernels.functions.length;
  const each = all.map((pass) => passFunction(pass, around, true));
  return [...each, batchFunction(runsOf(passes, kinds, before, ends))];
}

/** Bundles a network for batches. Throws MemoryError when it does not fit. */
export async function bundle(network: Network, options: RecordOptions): Promise<Bundle> {
  const here = await record(network, options, PADDING);
  const passes = relocate(here, await record(network, options, PADDING + SHIFT), SHIFT);
  return assemble(network, here, passes, options.batch);
}

function assemble(
  { graph }: Network,
  { blocks, input, output }: Recording,
  passes: readonly MovablePass[],
  batch: number,
): Bundle {
  const names = new Set(passes.flatMap(({ calls }) => kernelsIn(calls)));
  const kernels = keep(readKernels(inferModule()), names);
  const [from, to] = [blocks.indexOf(input), blocks.indexOf(output)];
  const { addresses, pages, segments } = layOut(blocks, usedBlocks(passes).add(from).add(to), names);
  const several = passes.length > 1;
  const around: Surroundings = {
    kernels,
    address: (argument: Argument) =>
      typeof argument === 'number' ? argument : addresses.get(argument.block)! + argument.offset,
    local: (argument) => {
      if (!several || typeof argument === 'number') return null;
      return argument.block === from ? 0 : argument.block === to ? 1 : null;
    },
  };
  const [inputs, outputs] = [sizeOf(graph.inputShape), sizeOf(graph.outputShape)];
  const ends = {
    input: addresses.get(from)!,
    output: addresses.get(to)!,
    inputBytes: inputs * 4,
    outputBytes: outputs * 4,
  };
  const functions = [...kernels.functions, ...batchFunctions(passes, around, ends)];
  const { inputShape, outputShape } = graph;
  const module = writeModule({
    functions,
    entry: ['run', functions.length - 1],
    pages,
    segments,
    constants: { input: ends.input, output: ends.output, inputs, outputs, batch },
    note: ['espalier', JSON.stringify({ inputShape, outputShape, batch })],
  });
  return {
    ...module,
    ...{ inputs, outputs, input: ends.input, output: ends.output },
    kernels: [...names].sort(),
    functions: functions.length,
    memoryBytes: pages * 65_536,
  };
}
