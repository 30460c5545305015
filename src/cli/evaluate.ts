/** `espalier evaluate MODEL`: loss and accuracy on the test set. */
import { loadModel } from '../model/index.js';
import { formatCount, formatPercent } from '../report/table.js';
import type { Command } from './command.js';
import { dataNames, dataOption, expectFit, loadData } from './data.js';

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'Measures loss and accuracy of a model on the test set.',
  takesModel: true,
  options: {
    data: dataOption,
    seed: {
      type: 'string',
      value: 'N',
      help: 'accepted for uniformity: nothing here is random',
      default: '1',
    },
  },
  examples: ['runs/demo/sparse.safetensors', 'model.safetensors --data digits --json'],
  async run(args, output) {
    args.integer('seed', 0);
    const dataName = args.oneOf('data', dataNames);
    const model = await loadModel(args.model);
    const data = await loadData(dataName);
    expectFit(args.where, model, dataName, data);
    const { loss, accuracy } = await model.evaluate(data.test.images, data.test.labels);
    const { sparsity } = model.summary();
    model.dispose();
    const samples = data.test.labels.length;
    output.print(
      `accuracy ${formatPercent(accuracy)}, loss ${loss.toFixed(4)} on the ${formatCount(samples)} test samples of ` +
        `${dataName}; sparsity ${formatPercent(sparsity)}`,
    );
    return { model: args.model, data: dataName, samples, loss, accuracy, sparsity };
  },
};
