/** Spread of the weights of a layer. */
import type { Parameter } from '../tensor/parameter.js';

/** Standard deviation of the weights of a parameter that are not pruned, in float64. */
export function deviationOf(parameter: Parameter): number {
  const { values } = parameter.values();
  const mask = parameter.format === 'dense' ? parameter.readMask() : null;
  let [count, sum, squares] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    if (mask && mask[i] === 0) continue;
    const value = values[i]!;
    count++;
    sum += value;
    squares += value * value;
  }
  return count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - (sum / count) * (sum / count)));
}
