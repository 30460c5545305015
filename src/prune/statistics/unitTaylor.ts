import { readDoubles } from './room.js';
import { byWeight, type PassStatistic } from './statistic.js';

/** Mean over the batches of the squared sum of g w over the incoming weights and the bias of a unit. */
export const unitTaylor: PassStatistic<Float64Array> = {
  kind: 'backward',
  collect({ study, kernels, room, weights }) {
    const { parameters } = study.model;
    const sums = byWeight(weights, ({ parameter }) => room.doubles(parameter.rows));
    // Rows lie in one piece in dense storage only: others are laid out.
    const widest = Math.max(1, ...weights.map(({ parameter }) => parameter.length));
    const [g, w] = [room.allocate(widest * 4), room.allocate(widest * 4)];
    let batches = 0;
    return {
      afterBackward(gradients) {
        batches++;
        for (const { index, parameter, bias } of weights) {
          const { storage, rows, cols } = parameter;
          storage.toDense(g.address, gradients[index]!.address);
          storage.toDense(w.address, parameter.address);
          const gBias = bias === undefined ? 0 : gradients[bias]!.address;
          const b = bias === undefined ? 0 : parameters[bias]!.address;
          const to = sums.get(index)!.address;
          kernels.add_unit_products_f64(to, g.address, w.address, gBias, b, rows, cols);
        }
      },
      finish: () =>
        byWeight(weights, ({ index, parameter }) =>
          readDoubles(sums.get(index)!, parameter.rows).map((sum) => sum / batches),
        ),
    };
  },
};
