/** The operators of TFLite models that are written here, with the codes and field numbers of its schema. */

/** @typedef {import('./tfliteBuilder.mjs').Operator} Operator */

const RELU = 1; // ActivationFunctionType
const VALID = 1; // Padding

/** FullyConnectedOptions: activation 0. @param {number[]} inputs x, weights [out, in], bias @param {number} output @param {boolean} relu @returns {Operator} */
export const fullyConnected = (inputs, output, relu) => ({
  code: 9,
  optionsType: 8,
  options: (fb) => fb.addFieldInt8(0, relu ? RELU : 0, 0),
  inputs,
  output,
});

/** Conv2DOptions: padding 0, stride_w 1, stride_h 2, activation 3. @param {number[]} inputs x, weights [out, kh, kw, in], bias @param {number} output @param {number} stride @param {boolean} relu @returns {Operator} */
export const conv2d = (inputs, output, stride, relu) => ({
  code: 3,
  optionsType: 1,
  options(fb) {
    fb.addFieldInt8(0, VALID, 0);
    fb.addFieldInt32(1, stride, 0);
    fb.addFieldInt32(2, stride, 0);
    fb.addFieldInt8(3, relu ? RELU : 0, 0);
  },
  inputs,
  output,
});

/** Pool2DOptions: padding 0, stride_w 1, stride_h 2, filter_width 3, filter_height 4. @param {number} input @param {number} output @param {number} size @returns {Operator} */
export const maxPool2d = (input, output, size) => ({
  code: 17,
  optionsType: 5,
  options(fb) {
    fb.addFieldInt8(0, VALID, 0);
    for (let field = 1; field <= 4; field++) fb.addFieldInt32(field, size, 0);
  },
  inputs: [input],
  output,
});

/** With zeros. @param {number} input @param {number} paddings int32 [4, 2], before and behind each dimension @param {number} output @returns {Operator} */
export const pad = (input, paddings, output) => ({
  code: 34,
  optionsType: 22,
  inputs: [input, paddings],
  output,
});

/** @param {number} input @param {number} shape int32 @param {number} output @returns {Operator} */
export const reshape = (input, shape, output) => ({
  code: 22,
  optionsType: 17,
  inputs: [input, shape],
  output,
});

/** @param {number} input @param {number} axes int32 @param {number} output without those axes @returns {Operator} */
export const mean = (input, axes, output) => ({
  code: 40,
  optionsType: 27,
  inputs: [input, axes],
  output,
});

/** @param {number} input @param {number} output @returns {Operator} */
export const relu = (input, output) => ({ code: 19, optionsType: 0, inputs: [input], output });

/** Says that a constant is sparse, and gives it as dense. @param {number} input @param {number} output @returns {Operator} */
export const densify = (input, output) => ({ code: 124, optionsType: 99, inputs: [input], output });
