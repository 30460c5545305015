/** Adam as a plain loop, for the engines that bring none and for the reference. */

/**
 * Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1) with 0.9, 0.999, 1e-8, in place.
 *
 * @template {Float32Array | Float64Array} Values
 * @param {Values[]} parameters
 * @param {number} learningRate
 * @returns {(gradients: (Float32Array | Float64Array)[]) => void} one update
 */
export function adam(parameters, learningRate) {
  const m = parameters.map((p) => new Float64Array(p.length));
  const v = parameters.map((p) => new Float64Array(p.length));
  let step = 0;
  return (gradients) => {
    step++;
    const rate = learningRate / (1 - 0.9 ** step);
    const correct = 1 / (1 - 0.999 ** step);
    parameters.forEach((p, k) => {
      update(p, gradients[k], m[k], v[k], rate, correct);
    });
  };
}

/**
 * @param {Float32Array | Float64Array} p
 * @param {Float32Array | Float64Array} gradient
 * @param {Float64Array} m
 * @param {Float64Array} v
 * @param {number} rate learning rate over m's bias
 * @param {number} correct one over v's bias
 */
function update(p, gradient, m, v, rate, correct) {
  for (let i = 0; i < p.length; i++) {
    const g = gradient[i];
    m[i] = 0.9 * m[i] + 0.1 * g;
    v[i] = 0.999 * v[i] + 0.001 * g * g;
    p[i] -= (rate * m[i]) / (Math.sqrt(v[i] * correct) + 1e-8);
  }
}
