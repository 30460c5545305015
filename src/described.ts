/** What functions and objects were made of, as far as they do not show it: a checkpoint tells one run from another by it. */

const descriptions = new WeakMap<object, unknown>();
const domains = new WeakMap<object, Domain>();

/** What a function takes that is told by its values too: the step, or a share from 0 to 1. */
type Domain = 'step' | 'share';

/**
 * Gives `made` back, and remembers what it is: plain data, such as its kind and all options that it depends on, with their
 * defaults. Every factory of what may stand among the options of a fit or a pruning does so: a function made by it is
 * otherwise told by its text alone, which does not show them.
 */
export function describedAs<T extends object>(description: unknown, made: T): T {
  descriptions.set(made, description);
  return made;
}

/** What describedAs() was told of it. */
export const descriptionOf = (made: object): unknown => descriptions.get(made);

/** Gives a user's function back, and remembers that its values tell it, besides its text. */
export function sampledBy<T extends object>(domain: Domain, made: T): T {
  domains.set(made, domain);
  return made;
}

/** What sampledBy() was told of it. */
export const domainOf = (made: object): Domain | undefined => domains.get(made);
