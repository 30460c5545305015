import type { Room } from './room.js';
import type { Bench } from './statistic.js';

/** A layer with its weights as sizes: linear, and without negative numbers. */
export interface FlowStep {
  forward(x: Float64Array): Float64Array;
  /** dR/dx from dR/dy. */
  backward(dy: Float64Array): Float64Array;
  /** scale · dR/d|W| from what came in and dR/dy, row-major; for layers with a weight. */
  weights?(x: Float64Array, dy: Float64Array, scale: number): Float64Array;
}

/** What steps are made of; the room is given back by the caller. */
export interface FlowBench extends Pick<Bench, 'kernels'> {
  readonly room: Room;
}
