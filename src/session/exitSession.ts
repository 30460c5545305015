/** Early exit: a session that answers after a hidden layer where a head is sure, and goes on with the other samples. */
import { DisposedError } from '../errors.js';
import type { Network } from '../graph/network.js';
import type { BuildName, Engine } from '../runtime/engine.js';
import { type Shape, sizeOf } from '../tensor/shape.js';
import type { PlacedExit } from './exitOptions.js';
import { type Head, MOST_TOGETHER, type Part, partsOf } from './exitParts.js';
import type { SessionLayer } from './layers.js';
import { expectSamples, type SessionOptions } from './options.js';
import { expectLabels, type Labels, type Profile, profileOf } from './profile.js';
import type { Session } from './session.js';

/** What profile() wants to know of each sample. */
interface Counts {
  readonly tally: Float64Array;
  readonly by: Uint32Array;
}

/** A network with exits, compiled. Made by createExitSession or loadExitSession; `dispose()` gives its memory back. */
export class ExitSession {
  /** Shape of one sample, without the batch. */
  readonly inputShape: Shape;
  /** Shape of one sample's outputs. */
  readonly outputShape: Shape;
  readonly #inputs: number;
  readonly #outputs: number;
  readonly #places: readonly string[];
  readonly #exits: readonly PlacedExit[];
  readonly #parts: readonly Part[];
  /** Samples that are still on their way, by their place among those of the call; and how sure a head is of them. */
  readonly #left = new Uint32Array(MOST_TOGETHER);
  readonly #sure = new Float64Array(MOST_TOGETHER);
  #live = true;

  /** @internal */
  constructor(
    engine: Engine,
    network: Network,
    exits: readonly PlacedExit[],
    options: Required<SessionOptions>,
  ) {
    const { nodes, inputShape, outputShape } = network.graph;
    this.inputShape = inputShape;
    this.outputShape = outputShape;
    this.#inputs = sizeOf(inputShape);
    this.#outputs = sizeOf(outputShape);
    this.#exits = exits;
    this.#places = [...exits.map(({ after }) => after), nodes.at(-1)!.name];
    this.#parts = partsOf(engine, network, exits, options);
  }

  /** Build of the kernels that it runs on. */
  get build(): BuildName {
    return this.#parts[0]!.body.build;
  }

  /** What is done for every layer of the network, as Session.layers; for those of heads see `exits`. */
  get layers(): readonly SessionLayer[] {
    return this.#parts.flatMap(({ body }) => body.layers);
  }

  /** The exits, with what is done for the layers of their heads. */
  get exits(): readonly { after: string; margin: number; layers: readonly SessionLayer[] }[] {
    return this.#exits.map(({ after, margin }, i) => {
      return { after, margin, layers: this.#parts[i]!.exit!.head.layers };
    });
  }

  /** A table for every part of the network and every head. */
  explain(): string {
    return this.#parts
      .flatMap(({ body, exit }, i) => {
        const { after, margin } = this.#exits[i] ?? {};
        const title = `exit after ${after} where the margin is above ${margin}`;
        return exit ? [body.explain(), `${title}\n${exit.head.explain()}`] : [body.explain()];
      })
      .join('\n\n');
  }

  /**
   * Runs any number of samples, synchronously; as Session.run. The answer of a sample that leaves at an exit is what its head
   * gives; of all others exactly what the network gives, whatever samples stand beside it. A margin that is NaN never leaves.
   *
   * x [n, ...inputShape]; returns `out` or a new array [n, ...outputShape]. Throws ShapeError on wrong lengths,
   * DisposedError after dispose().
   */
  run(x: Float32Array, out?: Float32Array): Float32Array {
    return this.#run('ExitSession.run', x, out);
  }

  /**
   * Runs x [n, ...inputShape] and tells what each sample needs, as Session.profile: layers up to the exit that it takes, and
   * all heads on the way; and which exits were taken.
   */
  profile(x: Float32Array, labels?: Labels): Profile {
    const where = 'ExitSession.profile';
    this.#expectLive(where);
    const samples = expectSamples(where, x, undefined, this.#inputs, this.#outputs);
    expectLabels(where, samples, labels, this.#outputs);
    const counts = { tally: new Float64Array(samples), by: new Uint32Array(samples) };
    const outputs = this.#run(where, x, undefined, counts);
    const bodies = this.#parts.map(({ body }) => body.weights);
    const heads = this.#parts.flatMap(({ exit }) => exit?.head.weights ?? []);
    const weights = {
      dense: bodies.reduce((sum, { dense }) => sum + dense, 0),
      live: [...bodies, ...heads].reduce((sum, { live }) => sum + live, 0),
    };
    const answered = { places: this.#places, by: counts.by };
    return profileOf({ outputs, labels, tally: counts.tally, weights, answered });
  }

  /** Frees the weights and buffers; further calls throw DisposedError. Disposing twice is harmless. */
  dispose(): void {
    if (!this.#live) return;
    this.#live = false;
    for (const { body, exit } of this.#parts) {
      body.dispose();
      exit?.head.dispose();
      exit?.margins.free();
    }
  }

  #expectLive(where: string): void {
    if (!this.#live) throw new DisposedError(`${where}: a session must not be used after dispose()`);
  }

  #run(where: string, x: Float32Array, out?: Float32Array, counts?: Counts): Float32Array {
    this.#expectLive(where);
    const samples = expectSamples(where, x, out, this.#inputs, this.#outputs);
    const result = out ?? new Float32Array(samples * this.#outputs);
    for (let first = 0; first < samples; first += MOST_TOGETHER) {
      const count = Math.min(MOST_TOGETHER, samples - first);
      const whole = count === samples;
      const given = whole ? x : x.subarray(first * this.#inputs, (first + count) * this.#inputs);
      this.#runSome(given, first, count, result, counts);
    }
    return result;
  }

  /** Runs samples `first` to `first + count` of a call. */
  #runSome(x: Float32Array, first: number, count: number, out: Float32Array, counts?: Counts): void {
    for (let i = 0; i < count; i++) this.#left[i] = first + i;
    let features = x;
    for (const [i, part] of this.#parts.entries()) {
      const y = part.outputs.of(count);
      this.#runPart(part.body, features, y, count, counts);
      if (counts) for (let s = 0; s < count; s++) counts.by[this.#left[s]!] = i;
      if (!part.exit) this.#answer(y, count, out);
      else count = this.#leave(part, part.exit, this.#exits[i]!.margin, count, out, counts);
      if (count === 0) return;
      features = part.outputs.of(count);
    }
  }

  #runPart(session: Session, x: Float32Array, y: Float32Array, count: number, counts?: Counts): void {
    if (!counts) {
      session.run(x, y);
      return;
    }
    const tally = new Float64Array(count);
    session.count(x, y, tally);
    for (let s = 0; s < count; s++) counts.tally[this.#left[s]!]! += tally[s]!;
  }

  /** Answers those that the head is sure of; moves the features of the others together, and returns their number. */
  #leave(
    { outputs, width }: Part,
    { head, scores, margins }: Head,
    margin: number,
    count: number,
    out: Float32Array,
    counts?: Counts,
  ): number {
    const features = outputs.of(count);
    const given = scores.of(count);
    this.#runPart(head, features, given, count, counts);
    margins.of(given, this.#sure);
    let left = 0;
    for (let s = 0; s < count; s++) {
      if (this.#sure[s]! > margin) {
        this.#copy(given, s, out, this.#left[s]!);
        continue;
      }
      if (left < s) {
        features.copyWithin(left * width, s * width, (s + 1) * width);
        this.#left[left] = this.#left[s]!;
      }
      left++;
    }
    return left;
  }

  /** Answers all that are left with the network's own outputs. */
  #answer(y: Float32Array, count: number, out: Float32Array): void {
    for (let s = 0; s < count; s++) this.#copy(y, s, out, this.#left[s]!);
  }

  #copy(from: Float32Array, sample: number, out: Float32Array, to: number): void {
    const width = this.#outputs;
    for (let i = 0; i < width; i++) out[to * width + i] = from[sample * width + i]!;
  }
}
