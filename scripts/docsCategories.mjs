// A plugin of TypeDoc: every public name goes to a category, by the file that defines it. A name without one is a warning, which
// fails `npm run docs`.
import { Comment, CommentTag, Converter, ReflectionKind } from 'typedoc';

/** Types are many and reached by links, so they come last, together: but for classes that functions return. */
const types = ReflectionKind.Interface | ReflectionKind.TypeAlias;
const returned = ['Sequential', 'Session', 'ExitSession', 'PruningLog'];

/** The first that a path begins with decides. */
const categories = [
  ['src/errors', 'Errors'],
  ['src/model/create', 'Building', ['sequential', 'createModel']],
  ['src/model/create', 'Files', ['loadModel']],
  ['src/model/architectures', 'Building'],
  ['src/model/sequential', 'Building'],
  ['src/layers/', 'Building'],
  ['src/train/', 'Training'],
  ['src/model/exits', 'Training'],
  ['src/model/', 'Pruning'],
  ['src/schedules/', 'Schedules'],
  ['src/prune/criteria/', 'Pruning: criteria'],
  ['src/prune/presets/rounds', 'Pruning: schedules'],
  ['src/prune/structures/', 'Pruning: structures'],
  ['src/prune/allocations/', 'Pruning: allocations'],
  ['src/prune/presets/', 'Pruning: methods'],
  ['src/prune/', 'Pruning'],
  ['src/graph/', 'Pruning'],
  ['src/session/', 'Sessions'],
  ['src/runtime/', 'Sessions'],
  ['src/io/', 'Files'],
  ['src/export/', 'Files'],
  ['src/report/', 'Reports'],
  ['src/bench/', 'Reports'],
  ['src/version', 'Building'],
  ['datasets/', 'Data sets'],
];

function categoryOf(project, reflection) {
  if (reflection.kindOf(types) && !returned.includes(reflection.name)) return 'Types';
  const path = project.getSymbolIdFromReflection(reflection)?.packagePath ?? '';
  return categories.find(
    ([start, , names]) => path.startsWith(start) && (names?.includes(reflection.name) ?? true),
  )?.[1];
}

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      for (const child of module.children ?? []) {
        const target = child.isReference() ? child.getTargetReflectionDeep() : child;
        const category = categoryOf(project, target);
        if (category === undefined) {
          app.logger.warn(`docs: every public name must have a category, got none for ${child.name}`);
          continue;
        }
        // The comment of a function is that of its signature.
        const holder = child.signatures?.[0] ?? child;
        holder.comment ??= new Comment();
        holder.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: category }]));
      }
    }
  });
}
