/** Times the steps of a plan on this machine. */
import type { Block } from '../runtime/memory.js';
import type { Plan } from './compile.js';

const ROUNDS = 9;
const LEAST_MILLIS = 0.5;

/** Sets `micros` of every layer that runs a kernel: the median of several timings of one full pass. */
export function measureSteps({ steps }: Plan, [a, b]: readonly [Block, Block], tiles: number): void {
  for (const step of steps) {
    const [x, y] = [a.address, step.inPlace ? a.address : b.address];
    let calls = 1;
    const time = () => {
      const start = performance.now();
      for (let i = 0; i < calls; i++) step.run(x, y, tiles);
      return performance.now() - start;
    };
    while (time() < LEAST_MILLIS) calls *= 2;
    const times = Array.from({ length: ROUNDS }, time).sort((p, q) => p - q);
    step.layer.micros = (times[ROUNDS >> 1]! * 1000) / calls;
  }
}
