/** What convolutions cost in training, to choose how their weights are stored. */

/**
 * Nanoseconds of a training step for one window of one sample: all three products of a weight [rows, cols] with that many live
 * values, when the machine does nothing else. Compressed rows are ahead from about 55 % zeros on, small weights later.
 */
export const convolutionCosts = {
  dense: (rows: number, cols: number): number => rows * cols * 0.2,
  csr: (rows: number, cols: number, live: number): number => live * 0.42 + (rows + cols) * 0.4,
} as const;
