/** Random numbers for tests: seeded, independent of the package, the same on every machine. */
export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 0x9e3779b9) ^ 0x5bd1e995) >>> 0;
  }

  /** Uniform in [0, 1), 24 bits, so that it is a float32 too. Mulberry32 (Ettinger 2017). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 8) / 16777216;
  }

  /** A whole number from 0 to bound - 1. */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** `n` floats, uniform in [low, high). */
  floats(n: number, low = -1, high = 1): Float32Array<ArrayBuffer> {
    return Float32Array.from({ length: n }, () => low + this.uniform() * (high - low));
  }

  /** `n` bytes, 0 with probability `sparsity`, else 1. */
  mask(n: number, sparsity: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: n }, () => (this.uniform() < sparsity ? 0 : 1));
  }
}
