/**
 * What reading one file may cost. A sparse file of 100 bytes can name a tensor of any size, so every size that a
 * file gives is checked here, its sum included, before anything is allocated.
 */
import { FormatError } from '../errors.js';
import { expectInteger, expectOptions } from '../options.js';

/** Limits on what one file may ask for. */
export interface Budget {
  /** Longest header, in bytes; 1,000,000 unless given. */
  readonly maxHeaderBytes: number;
  /** Most tensors in one file; 10,000 unless given. */
  readonly maxTensors: number;
  /** Most elements of all tensors together, zeros that are not stored included; 2^28 unless given. */
  readonly maxElements: number;
  /** Most memory of all decoded tensors together; 64 times the file and 16 MiB unless given. */
  readonly maxExpansionBytes: number;
}

const NAMES = ['maxHeaderBytes', 'maxTensors', 'maxElements', 'maxExpansionBytes'] as const;

/** The limits of `budget`, with defaults for a file of `fileBytes` where it says nothing. */
export function resolveBudget(where: string, budget: Partial<Budget>, fileBytes: number): Budget {
  expectOptions(where, budget, NAMES);
  const limits = {
    maxHeaderBytes: budget.maxHeaderBytes ?? 1_000_000,
    maxTensors: budget.maxTensors ?? 10_000,
    maxElements: budget.maxElements ?? 2 ** 28,
    maxExpansionBytes: budget.maxExpansionBytes ?? 64 * fileBytes + 16 * 2 ** 20,
  };
  for (const name of NAMES) expectInteger(where, name, limits[name], 0);
  return limits;
}

/** a · b of whole numbers that a file gave; FormatError where the product is no longer exact. */
export function checkedMul(where: string, a: number, b: number): number {
  const product = a * b;
  if (!Number.isSafeInteger(product))
    throw new FormatError(`${where}: size must be below 2^53, got ${a} * ${b}`);
  return product;
}

/** a + b of whole numbers that a file gave; FormatError where the sum is no longer exact. */
export function checkedAdd(where: string, a: number, b: number): number {
  const sum = a + b;
  if (!Number.isSafeInteger(sum)) throw new FormatError(`${where}: size must be below 2^53, got ${a} + ${b}`);
  return sum;
}

/** Number of elements of a tensor, 1 for rank 0; FormatError at 2^53. */
export function elementCount(where: string, shape: readonly number[]): number {
  return shape.reduce((product, dimension) => checkedMul(where, product, dimension), 1);
}

/** What is left of a budget: one per file, asked before each allocation, so that sums are limited too. */
export class Allowance {
  readonly budget: Budget;
  #elements = 0;
  #bytes = 0;

  /** Opens the budget of a file of `fileBytes` bytes. */
  constructor(fileBytes: number, budget: Partial<Budget> = {}) {
    this.budget = resolveBudget('budget', budget, fileBytes);
  }

  /** Takes `elements` and `bytes` of memory from the budget; FormatError when either runs out. */
  take(where: string, elements: number, bytes: number): void {
    const { maxElements, maxExpansionBytes } = this.budget;
    const allElements = checkedAdd(where, this.#elements, elements);
    const allBytes = checkedAdd(where, this.#bytes, bytes);
    if (allElements > maxElements) {
      throw new FormatError(
        `${where}: file must hold at most ${maxElements} elements (maxElements), got ${allElements}`,
      );
    }
    if (allBytes > maxExpansionBytes) {
      const limit = `${maxExpansionBytes} bytes (maxExpansionBytes)`;
      throw new FormatError(`${where}: file must expand to at most ${limit}, got ${allBytes}`);
    }
    this.#elements = allElements;
    this.#bytes = allBytes;
  }
}
