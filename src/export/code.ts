/** Code of the functions that an exported module adds to its kernels: recorded calls, one after the other. */
import { COPY, COUNT, ELSE, END, IF_MORE } from './recorder.js';
import type { Argument, MovableCall, MovablePass } from './relocate.js';
import type { Kept } from './wasm/keep.js';
import type { FunctionType, KernelFunction } from './wasm/kernelModule.js';
import { unexpected } from './wasm/reader.js';
import { type Bytes, float32, joined, signed, unsigned } from './wasm/writer.js';

const [I32, F32] = [0x7f, 0x7d];
const [I32_CONST, F32_CONST, I32_ADD, I32_NE, I32_GT_U] = [0x41, 0x43, 0x6a, 0x47, 0x4b];
const [LOCAL_GET, LOCAL_SET, LOCAL_TEE, CALL] = [0x20, 0x21, 0x22, 0x10];
const [LOOP, BR_IF, IF, OR_ELSE, DONE, NO_RESULT] = [0x03, 0x0d, 0x04, 0x05, 0x0b, 0x40];
const MEMORY_COPY = [0xfc, 10, 0, 0];
/** Locals of a pass and of a loop over passes: where samples come from, where outputs go. */
const [FROM, TO] = [0, 1];

/** What generated code refers to. */
export interface Surroundings {
  readonly kernels: Kept;
  /** Address of an argument in memory. */
  address(argument: Argument): number;
  /** The local that holds such an argument, when passes are called with one. */
  local(argument: Argument): number | null;
}

const constant = (value: number): Bytes => [I32_CONST, ...signed(value)];

function argumentCode(argument: Argument, type: number, around: Surroundings): Bytes {
  const local = around.local(argument);
  if (local !== null) return [LOCAL_GET, local];
  if (type === I32) return constant(around.address(argument));
  if (type === F32 && typeof argument === 'number') return joined([[F32_CONST], float32(argument)]);
  throw unexpected('functions of i32 and f32', `a parameter of type ${type}`);
}

/** A call of a kernel that gives back so many values. */
function kernelCode(kernel: string, args: readonly Argument[], around: Surroundings, gives: number): Bytes {
  const number = around.kernels.numbers.get(kernel)!;
  const { parameters, results } = around.kernels.functions[number]!.type;
  if (results.length !== gives || parameters.length !== args.length) {
    throw unexpected(`functions that give ${gives} values`, `${kernel} with ${args.length} arguments`);
  }
  const given = args.map((argument, i) => argumentCode(argument, parameters[i]!, around));
  return joined([...given, [CALL], unsigned(number)]);
}

function callCode({ kernel, args }: MovableCall, around: Surroundings): Bytes {
  const asI32 = (argument: Argument) => argumentCode(argument, I32, around);
  switch (kernel) {
    case COPY:
      return joined([...args.map(asI32), MEMORY_COPY]);
    case IF_MORE: {
      const count = kernelCode(COUNT, args.slice(0, 2), around, 1);
      return joined([count, asI32(args[2]!), [I32_GT_U, IF, NO_RESULT]]);
    }
    case ELSE:
      return [OR_ELSE];
    case END:
      return [DONE];
    default:
      return kernelCode(kernel, args, around, 0);
  }
}

const functionOf = (parameters: number, locals: Bytes, code: readonly Bytes[]): KernelFunction => {
  const type: FunctionType = { parameters: Array<number>(parameters).fill(I32), results: [] };
  return { type, body: joined([locals, ...code, [DONE]]) };
};

/** The calls of one pass; with two parameters, FROM and TO, if it is one of several. */
export function passFunction({ calls }: MovablePass, around: Surroundings, several: boolean): KernelFunction {
  return functionOf(
    several ? 2 : 0,
    [0],
    calls.map((call) => callCode(call, around)),
  );
}

/** Passes in a row that differ by what they are over: `times` calls of function `number`, from and to these addresses. */
export interface PassRun {
  readonly number: number;
  readonly times: number;
  readonly from: number;
  readonly to: number;
  /** Bytes from one to the next. */
  readonly fromStep: number;
  readonly toStep: number;
}

function runCode({ number, times, from, to, fromStep, toStep }: PassRun): Bytes {
  const call = [CALL, ...unsigned(number)];
  if (times === 1) return joined([constant(from), constant(to), call]);
  const next = (local: number, step: number, store: number) =>
    joined([[LOCAL_GET, local], constant(step), [I32_ADD, store, local]]);
  return joined([
    ...[constant(from), [LOCAL_SET, FROM], constant(to), [LOCAL_SET, TO]],
    [LOOP, NO_RESULT, LOCAL_GET, FROM, LOCAL_GET, TO, ...call],
    ...[next(TO, toStep, LOCAL_SET), next(FROM, fromStep, LOCAL_TEE)],
    ...[constant(from + times * fromStep), [I32_NE, BR_IF, 0, DONE]],
  ]);
}

/** All passes of a batch. */
export function batchFunction(runs: readonly PassRun[]): KernelFunction {
  return functionOf(0, [1, 2, I32], runs.map(runCode));
}
