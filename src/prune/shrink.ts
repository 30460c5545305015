/** Exact shrink: what cannot change the outputs of a pruned model leaves it. */
import { parameterPositions } from '../graph/units.js';
import { type DeadUnits, findDead } from './dead.js';
import type { Resizable } from './resizable.js';
import { type ShrinkLayer, type ShrinkReport, shrinkReport } from './shrinkReport.js';
import { removeUnits } from './surgery.js';

/** Units, parameters and bytes of every layer that has parameters. */
function sizesOf({ graph, parameters }: Resizable) {
  const positions = parameterPositions(graph);
  const owners = graph.nodes.filter(({ parameters: specs }) => specs.length > 0);
  return owners.map(({ name, index, outputShape }) => {
    const own = positions[index]!.map((position) => parameters[position]!);
    return {
      name,
      units: outputShape[0]!,
      parameters: own.reduce((sum, { length }) => sum + length, 0),
      bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  });
}

function layerReport(
  before: ReturnType<typeof sizesOf>[number],
  after: ReturnType<typeof sizesOf>[number],
  dead: DeadUnits | undefined,
): ShrinkLayer {
  return {
    name: before.name,
    unitsBefore: before.units,
    units: after.units,
    parametersBefore: before.parameters,
    parameters: after.parameters,
    bytesBefore: before.bytes,
    bytes: after.bytes,
    unread: dead?.unread ?? 0,
    constant: dead?.constant ?? 0,
    folded: dead?.constants.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0) ?? 0,
    keptWithoutBias: dead?.withoutBias ?? 0,
    keptAsLast: dead?.lastUnit === 1,
  };
}

/** Removes what cannot change the outputs; see shrink() of models. All or nothing. */
export function shrink(model: Resizable): ShrinkReport {
  model.expectLive('shrink');
  const before = sizesOf(model);
  const { found, unreadInputs } = findDead(model);
  const smaller = found.filter(({ keep }) => keep.includes(0));
  const fold = new Map(smaller.map(({ group, constants }) => [group.name, constants]));
  removeUnits(model, new Map(smaller.map(({ group, keep }) => [group.name, keep])), { fold });
  const after = sizesOf(model);
  const layers = before.map((size, i) =>
    layerReport(
      size,
      after[i]!,
      found.find(({ group }) => group.name === size.name),
    ),
  );
  return shrinkReport(layers, unreadInputs);
}
