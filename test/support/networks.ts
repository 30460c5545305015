/** Networks that sessions and exported modules are both tested with. */
import {
  dense,
  dropout,
  flatten,
  gelu,
  type LayerSpec,
  leakyRelu,
  relu,
  sigmoid,
  softmax,
  tanh,
} from '../../src/index.js';

/** By what is special about them; they take samples of any number of features. */
export const specialNetworks: Readonly<Record<'every activation' | 'no weights', readonly LayerSpec[]>> = {
  'every activation': [
    relu(),
    dense(16),
    leakyRelu({ slope: 0.1 }),
    dense(10, { bias: false }),
    tanh(),
    gelu(),
    dense(9),
    sigmoid(),
    flatten(),
    dropout(0.5),
    dense(7),
    softmax(),
  ],
  'no weights': [flatten(), softmax()],
};
