/** Single convolutions: dense against the ceiling of the machine, sparse against our own dense. */
import { sharedEngine } from '../../src/runtime/engine.js';
import { sizeOf } from '../../src/tensor/shape.js';
import { ceilingCase } from '../inference/products.js';
import { interleave, median, ratio, type Timing } from '../interleave.js';
import type { Effort, Section } from '../section.js';
import { type ConvShape, convCase, convOp, convShapes } from './layers.js';

const LANES = [1, 4, 8, 16, 32] as const;
/** Samples of a batch; tiles of images are as wide as suits them. */
const BATCH = 32;
const SPARSITIES = [0.8, 0.9, 0.95] as const;

const rate = (timing: Timing, operations: number) =>
  median(timing.rounds.map((us) => operations / us / 1000));

/** Milliseconds that a block of a round should take at least; a large image takes longer anyway. */
const settings = (effort: Effort) => ({ ...effort, warmMillis: Math.max(effort.warmMillis, 100) });

/** One convolution in tiles of one width. */
export interface ConvRow {
  readonly name: string;
  readonly lanes: number;
  /** 10^9 operations a second of the dense kernel, and its share of the register rate. */
  readonly dense: number;
  readonly share: number;
  /** Time of dense divided by that of a format, in the same tiles. */
  readonly speedups: Readonly<Record<string, number>>;
}

async function measure(
  shape: ConvShape,
  lanes: number,
  effort: Effort,
): Promise<ConvRow & { micros: number }> {
  const engine = await sharedEngine();
  const tiles = lanes === 1 ? 1 : BATCH / lanes;
  const full = await convOp(engine, shape, 0);
  const peak = ceilingCase(engine);
  const dense = convCase(engine, full, { format: 'dense', lanes, tiles });
  const sparse = await Promise.all(
    SPARSITIES.map(async (sparsity) => {
      const op = await convOp(engine, shape, sparsity);
      return { label: `${sparsity * 100} %`, one: convCase(engine, op, { format: 'csr', lanes, tiles }) };
    }),
  );
  const blocked = await convOp(engine, shape, 0.9, 4);
  const grouped = (shape.options?.groups ?? 1) > 1;
  const blocks = grouped
    ? []
    : [{ label: '90 % 4x1', one: convCase(engine, blocked, { format: 'block4', lanes, tiles }) }];
  const others = [...sparse, ...blocks];
  const [top, base, ...rest] = await interleave(
    [peak, dense, ...others.map(({ one }) => one)],
    settings(effort),
  );
  const pixels = sizeOf(full.node.outputShape.slice(1));
  const operations = 2 * full.weight.rows * full.weight.cols * pixels * lanes * tiles;
  const ceiling = rate(top!, peak.operations);
  for (const one of [peak, dense, ...others.map((each) => each.one)]) one.dispose();
  return {
    name: shape.name,
    lanes,
    micros: base!.micros / (lanes * tiles),
    dense: rate(base!, operations),
    share: rate(base!, operations) / ceiling,
    speedups: Object.fromEntries(others.map(({ label }, i) => [label, ratio(base!, rest[i]!)])),
  };
}

/** Every convolution in tiles of every width. */
export async function layerSection(effort: Effort): Promise<Section<ConvRow>> {
  const rows: (ConvRow & { micros: number })[] = [];
  for (const shape of Object.values(convShapes)) {
    for (const lanes of LANES) rows.push(await measure(shape, lanes, effort));
  }
  const labels = [...SPARSITIES.map((sparsity) => `${sparsity * 100} %`), '90 % 4x1'];
  const times = (value: number | undefined) => (value === undefined ? '-' : `${value.toFixed(1)}x`);
  return {
    title: `Single convolutions: dense, and how many times faster with zeros (one sample, or tiles of a batch of ${BATCH})`,
    table: [
      ['convolution', 'lanes', 'us a sample', '10^9/s', 'share', ...labels],
      ...rows.map((row) => [
        row.lanes === 1 ? row.name : '',
        String(row.lanes),
        row.micros.toFixed(1),
        row.dense.toFixed(1),
        `${(row.share * 100).toFixed(0)} %`,
        ...labels.map((label) => times(row.speedups[label])),
      ]),
    ],
    rows,
  };
}
