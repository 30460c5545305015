/** The axes of pruning by name, or as a user's own functions. */
import { expectOneOf } from '../options.js';
import { type Allocation, type AllocationName, allocations } from './allocations/index.js';
import { type Criterion, type CriterionName, criteria } from './criteria/index.js';
import {
  customStructure,
  type GroupNumbers,
  type Structure,
  type StructureName,
  structures,
} from './structures/index.js';

const structureNames = Object.keys(structures) as StructureName[];

function resolve<T>(
  where: string,
  name: string,
  given: T | string,
  registry: Readonly<Record<string, T>>,
): T {
  if (typeof given === 'function') return given;
  return registry[expectOneOf(where, name, given as string, Object.keys(registry))]!;
}

/** Magnitude by default. Throws OptionError for unknown names. */
export function resolveCriterion(where: string, given: Criterion | CriterionName = 'magnitude'): Criterion {
  const made = Object.fromEntries(Object.entries(criteria).map(([name, make]) => [name, make()]));
  return resolve<Criterion>(where, 'criterion', given, made);
}

/** One global ranking by default. Throws OptionError for unknown names. */
export function resolveAllocation(where: string, given: Allocation | AllocationName = 'global'): Allocation {
  return resolve<Allocation>(where, 'allocation', given, allocations);
}

/** Single weights by default. Throws OptionError for unknown names, and for what is no structure. */
export function resolveStructure(
  where: string,
  given: Structure | StructureName | GroupNumbers = 'weight',
): Structure {
  if (typeof given === 'function') return customStructure(given);
  if (typeof given === 'object' && given !== null && ['weights', 'units', 'layers'].includes(given.prunes)) {
    return given;
  }
  return structures[expectOneOf(where, 'structure', given as StructureName, structureNames)];
}
