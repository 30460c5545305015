/** Leaves out the functions that nothing calls. */
import { callsOf } from './instructions.js';
import type { KernelFunction, KernelModule } from './kernelModule.js';
import { joined, unsigned } from './writer.js';

/** Functions that call each other by their numbers among themselves. */
export interface Kept {
  readonly functions: readonly KernelFunction[];
  /** Numbers of those that were asked for. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** The exported functions `names` and all that they call, in the order of the module. */
export function keep({ functions, exports }: KernelModule, names: Iterable<string>): Kept {
  const calls = new Map<number, ReturnType<typeof callsOf>>();
  const visit = (number: number): void => {
    if (calls.has(number)) return;
    const found = callsOf(functions[number]!.body);
    calls.set(number, found);
    for (const { target } of found) visit(target);
  };
  const wanted = [...new Set(names)];
  for (const name of wanted) visit(exports.get(name)!);
  const kept = [...calls.keys()].sort((a, b) => a - b);
  const place = new Map(kept.map((number, i) => [number, i]));
  return {
    functions: kept.map((number) => {
      const { type, body } = functions[number]!;
      const parts: (readonly number[] | Uint8Array)[] = [];
      let from = 0;
      for (const { at, end, target } of calls.get(number)!) {
        parts.push(body.subarray(from, at), unsigned(place.get(target)!));
        from = end;
      }
      return { type, body: joined([...parts, body.subarray(from)]) };
    }),
    numbers: new Map(wanted.map((name) => [name, place.get(exports.get(name)!)!])),
  };
}
