/** What the playground knows of its ready models. */

/** Single weights, or blocks of four. */
export type StructureKey = 'weight' | 'block';

/** A ready model, as written by web/models.ts. */
export interface Entry {
  /** Name in web/models. */
  readonly file: string;
  /** Share of zeros among the weights. */
  readonly sparsity: number;
  readonly structure: StructureKey;
  /** On the 10,000 digits of the official test set. */
  readonly accuracy: number;
  /** That are not zero, biases aside. */
  readonly weights: number;
  readonly bytes: number;
  readonly sha256: string;
}
