/** Times all ready models in turns, at every batch. */
import { loadSession, type Session } from 'espalier';
import { type BenchModel, type BenchRow, batches, type Jobs } from './messages.js';
import { median, microsOf } from './stopwatch.js';

const ROUNDS = 15;
const SLICE_MILLIS = 6;
const WARM_MILLIS = 30;
const PIXELS = 784;
/** Different digits that calls walk through, so that no branch predictor learns one by heart. */
const CHUNKS = 8;

interface Case {
  readonly batch: number;
  readonly session: Session;
  readonly run: () => void;
  readonly micros: number[];
}

/** A thing to time at every batch; the first is the reference of all. */
interface Runner {
  readonly name: string;
  readonly model: BenchModel;
  readonly cases: readonly Case[];
}

const nameOf = ({ sparsity, structure }: BenchModel) =>
  sparsity === 0
    ? 'Nothing cut'
    : `${Math.round(sparsity * 100)} %, ${structure === 'block' ? 'blocks of 4' : 'single weights'}`;

async function runnerOf(model: BenchModel, kernels: 'auto' | 'dense', images: Float32Array): Promise<Runner> {
  const cases: Case[] = [];
  for (const batch of batches) {
    const session = await loadSession(model.bytes, { batch, kernels });
    const out = new Float32Array(batch * 10);
    const size = batch * PIXELS;
    const chunks = Array.from({ length: CHUNKS }, (_, i) => images.slice(i * size, (i + 1) * size));
    let next = 0;
    const run = () => {
      session.run(chunks[next]!, out);
      next = (next + 1) % CHUNKS;
    };
    cases.push({ batch, session, run, micros: [] });
  }
  const name =
    kernels === 'dense' ? 'Dense' : model.sparsity === 0 ? 'Dense, blank pixels skipped' : nameOf(model);
  return { name, model, cases };
}

/** Lets messages in between. */
const breathe = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Times of all models, the dense kernels first. */
export async function bench(
  { models, digits }: Jobs['bench']['give'],
  tell: (share: number) => void,
): Promise<BenchRow[]> {
  const images = Float32Array.from(digits.images.subarray(0, CHUNKS * 32 * PIXELS), (byte) => byte / 255);
  const whole = models.find(({ sparsity }) => sparsity === 0)!;
  const runners = [await runnerOf(whole, 'dense', images)];
  for (const model of models) runners.push(await runnerOf(model, 'auto', images));
  for (const { cases } of runners) for (const { run } of cases) microsOf(run, WARM_MILLIS);
  for (let round = 0; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? runners : [...runners].reverse();
    for (const { cases } of order) for (const one of cases) one.micros.push(microsOf(one.run, SLICE_MILLIS));
    tell((round + 1) / ROUNDS);
    await breathe();
  }
  for (const { cases } of runners) for (const { session } of cases) session.dispose();
  const reference = runners[0]!.cases.map(({ micros }) => median(micros));
  return runners.map(({ name, model, cases }, i) => {
    const micros = cases.map((one) => median(one.micros));
    return {
      name,
      sparsity: model.sparsity,
      structure: i === 0 ? null : model.structure,
      micros,
      speedups: micros.map((one, b) => reference[b]! / one),
    };
  });
}
