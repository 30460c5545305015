/** A model in memory as plain data. */
import type { Parameter } from '../tensor/parameter.js';
import type { Graph } from './graph.js';
import { type Network, parameterOf } from './network.js';

/** A graph with parameters in layer order: a copy, or with `lend` what NetworkSource.lendNetwork promises. */
export function networkOf(
  { graph, parameters }: { readonly graph: Graph; readonly parameters: readonly Parameter[] },
  lend: boolean,
): Network {
  let next = 0;
  const given = graph.nodes.map((node) =>
    node.parameters.map((spec) => {
      const parameter = parameters[next++]!;
      if (!lend || spec.role !== 'weight' || parameter.format !== 'dense')
        return parameterOf(parameter.values());
      return {
        get values() {
          return parameter.view();
        },
        mask: null,
      };
    }),
  );
  return { graph, parameters: given };
}
