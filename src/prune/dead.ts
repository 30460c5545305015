/** Which units of a network are dead: nobody reads them, or they are the same whatever comes in. */
import { unitClasses } from '../graph/unitClasses.js';
import { sizeOf } from '../tensor/shape.js';
import { findConstant } from './constantUnits.js';
import { type DeadUnits, type Search, searchOf } from './deadSearch.js';
import { columnsRead, findUnread } from './unread.js';

export type { DeadUnits } from './deadSearch.js';

/**
 * Features of the input that no weight reads, ascending; none are told when the input is an image to a layer, is mixed, or is added to
 * something.
 */
function unreadInputs({ model, layers }: Search): Uint32Array {
  const { inputShape, nodes } = model.graph;
  const size = sizeOf(inputShape);
  const { producers, carriers, consumers, coupling } = unitClasses(model.graph)[0]!;
  const readers = layers.filter(({ node }) => consumers.includes(node));
  const plain =
    producers.length + coupling.length === 0 &&
    carriers.every(
      (node) =>
        node !== nodes.at(-1) && node.type.role !== 'convolution' && sizeOf(node.outputShape) === size,
    ) &&
    readers.every(({ node }) => node.type.role === 'product');
  if (!plain || readers.length === 0) return new Uint32Array(0);
  const read = readers.map(columnsRead);
  return Uint32Array.from({ length: size }, (_, input) => input).filter((input) =>
    read.every((marks) => marks[input] === 0),
  );
}

/**
 * The dead units of every group that can be removed, and unread inputs. Unread units are looked for from the back, constant ones from
 * the front, until neither finds more.
 */
export function findDead(model: Search['model']): { found: readonly DeadUnits[]; unreadInputs: Uint32Array } {
  const search = searchOf(model);
  do findUnread(search);
  while (findConstant(search));
  return { found: search.found, unreadInputs: unreadInputs(search) };
}
