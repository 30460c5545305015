/** A model that is not one of the ready ones: trained in the page, or from a file. */
import { loadSession } from 'espalier/session';
import { formatCount } from '../src/report/table.js';
import type { Contender } from './contender.js';
import { run } from './jobs.js';
import type { Inspection } from './messages.js';

const PIXELS = 784;

/** Both sides of it: the same weights, densely and as planned. */
export interface Custom {
  readonly dense: Contender;
  readonly sparse: Contender;
  readonly inspection: Inspection;
}

/** Throws unless drawings fit into the model and digits come out of it. */
function expectDigits({ inputShape, outputs }: Inspection): void {
  const inputs = inputShape.reduce((product, side) => product * side, 1);
  const shape = inputShape.join(' x ');
  if (inputs !== PIXELS) {
    throw new Error(`The model must take 784 pixels (28 x 28), got one that takes ${shape}.`);
  }
  if (outputs !== 10)
    throw new Error(`The model must tell ten digits apart, got one with ${outputs} answers.`);
}

/** Compiles a model. Rejects with what the library says of a bad file, or what does not fit this page. */
export async function customModel(
  bytes: Uint8Array,
  name: string,
  accuracy: { readonly share: number; readonly tested: string } | null,
): Promise<Custom> {
  const inspection = await run('inspect', bytes);
  expectDigits(inspection);
  const weights = inspection.masks.reduce((sum, { count }) => sum + count, 0);
  const shared = {
    softmax: inspection.softmax,
    weights,
    bytes: bytes.length,
    accuracy: accuracy?.share ?? null,
    tested: accuracy?.tested ?? '',
  };
  const dense = await loadSession(bytes, { batch: 1, kernels: 'dense' });
  const sparse = await loadSession(bytes, { batch: 1 });
  return {
    dense: { ...shared, name: 'Dense', about: 'zeros and all', session: dense },
    sparse: { ...shared, name, about: `${formatCount(weights)} weights`, session: sparse },
    inspection,
  };
}
