/** A residual network with half of its filters removed: masked and shrunk outputs, and what that saves. */
import { syntheticDigits } from '../../datasets/index.js';
import {
  adam,
  createModel,
  createSession,
  removeUnits,
  type Sequential,
  type UnitGroup,
  unitGroups,
} from '../../src/index.js';
import { type Case, interleave, ratio } from '../interleave.js';
import type { Effort, Section } from '../section.js';

const BATCHES = [1, 32];
const CHECKED = 32;

/** A residual network whose running statistics are not those of the start. */
async function trained(): Promise<Sequential> {
  const model = await createModel('residual', { seed: 1 });
  const { images, labels } = syntheticDigits({ samples: 128, shape: [1, 28, 28], seed: 2 });
  await model.fit(images, labels, { optimizer: adam(), epochs: 2, batchSize: 32 });
  return model;
}

/** The half of the units of a group whose incoming weights have the largest L1 norm; ties keep the lower one. */
function largerHalf(model: Sequential, { members, units }: UnitGroup): Uint8Array {
  const { parameter } = members.find(({ axis }) => axis === 'rows')!;
  const weights = model.getWeights()[parameter]!;
  const width = weights.length / units;
  const norms = Array.from({ length: units }, (_, unit) =>
    weights.subarray(unit * width, (unit + 1) * width).reduce((sum, w) => sum + Math.abs(w), 0),
  );
  const order = norms.map((_, unit) => unit).sort((a, b) => norms[b]! - norms[a]! || a - b);
  const keep = new Uint8Array(units);
  for (const unit of order.slice(0, units / 2)) keep[unit] = 1;
  return keep;
}

/** Sets all that makes units, and all that reads them, to zero. */
function silence(model: Sequential, keeps: ReadonlyMap<UnitGroup, Uint8Array>): void {
  const weights = model.getWeights();
  for (const [{ members }, keep] of keeps) {
    for (const { parameter, axis, stride } of members) {
      const { cols } = model.parameters[parameter]!;
      weights[parameter] = weights[parameter]!.map((value, i) => {
        const place = axis === 'rows' ? Math.floor(i / cols) : i % cols;
        return keep[Math.floor(place / stride)] === 0 ? 0 : value;
      });
    }
  }
  model.setWeights(weights);
}

/** Largest difference, as a share of the largest output. */
function difference(a: Float32Array, b: Float32Array): number {
  const most = a.reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0) / most;
}

/** How much faster the shrunk network is at every batch, and how far its outputs are from those of the masked one. */
export async function shrinkSection(effort: Effort): Promise<Section> {
  const [whole, masked, half] = await Promise.all([trained(), trained(), trained()]);
  const keeps = new Map(unitGroups(masked.graph).map((group) => [group, largerHalf(masked, group)]));
  silence(masked, keeps);
  removeUnits(half, new Map([...keeps].map(([{ name }, keep]) => [name, keep])));
  const { images } = syntheticDigits({ samples: CHECKED, shape: [1, 28, 28], seed: 3 });
  const off = difference(masked.predict(images), half.predict(images));
  const rows: Record<string, unknown>[] = [];
  for (const batch of BATCHES) {
    const x = images.slice(0, batch * 784);
    const models = [whole, masked, half];
    const sessions = await Promise.all(models.map((model) => createSession(model, { batch })));
    const out = new Float32Array(batch * 10);
    const cases = sessions.map(
      (session, i): Case => ({
        name: ['whole', 'masked', 'shrunk'][i]!,
        run(times) {
          for (let k = 0; k < times; k++) session.run(x, out);
        },
      }),
    );
    const [a, m, b] = await interleave(cases, effort);
    const micros = { whole: a!.micros / batch, masked: m!.micros / batch, shrunk: b!.micros / batch };
    rows.push({ batch, ...micros, speedup: ratio(a!, b!), overMasked: ratio(m!, b!), difference: off });
    for (const session of sessions) session.dispose();
  }
  const [before, after] = [whole, half].map((model) => model.summary().parameters);
  for (const model of [whole, masked, half]) model.dispose();
  return {
    title: `Residual network, half of the filters of every layer removed: ${before} -> ${after} parameters`,
    table: [
      ['batch', 'whole, us a sample', 'masked', 'shrunk', 'shrunk over whole', 'over masked'],
      ...rows.map((row) => [
        String(row.batch),
        ...['whole', 'masked', 'shrunk'].map((name) => (row[name] as number).toFixed(1)),
        ...['speedup', 'overMasked'].map((name) => `${(row[name] as number).toFixed(2)}x`),
      ]),
    ],
    rows,
    note: `Masked and shrunk outputs differ by at most ${off.toExponential(1)} of the largest one.`,
  };
}
