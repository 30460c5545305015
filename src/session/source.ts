/** Networks of models. */
import { OptionError } from '../errors.js';
import { expectNetwork, type Network, type NetworkSource } from '../graph/network.js';
import { show } from '../options.js';

/** Throws OptionError unless `model` can be compiled, DisposedError after its dispose(). */
export function expectSource(where: string, model: NetworkSource): void {
  if (typeof model?.toNetwork !== 'function') {
    throw new OptionError(`${where} must come from sequential() or loadModel(), got ${show(model)}`);
  }
  model.expectLive?.(where.replace(/:.*/, ''));
}

/** A copy of a model as a network. Throws OptionError or ShapeError. */
export function networkOf(where: string, model: NetworkSource): Network {
  expectSource(where, model);
  const network = model.toNetwork();
  expectNetwork(network);
  return network;
}
