// Makes one file of the chunks that an entry needs: each file more costs a process about a millisecond at its start.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const IMPORT = /\b(?:from|import)"\.\/(?:chunks\/)?(chunk-\w+\.js)"/g;
const importsOf = (code) => [...code.matchAll(IMPORT)].map(([, name]) => name);

/** Chunks that `entry` leads to. */
function chunksOf(folder, entry) {
  const found = new Set();
  const visit = (code) => {
    for (const name of importsOf(code)) {
      if (found.has(name)) continue;
      found.add(name);
      visit(readFileSync(join(folder, 'chunks', name), 'utf8'));
    }
  };
  visit(readFileSync(join(folder, entry), 'utf8'));
  return [...found];
}

/** Writes `chunks/<name>.js` in place of all chunks that `entry` needs and `other`, a smaller entry, does not; `options` are those of the build. */
export async function mergeChunks(folder, entry, other, name, options) {
  const shared = chunksOf(folder, other);
  const chunks = chunksOf(folder, entry).filter((chunk) => !shared.includes(chunk));
  const contents = chunks.map((chunk) => `export * from './${chunk}';`).join('\n');
  const external = shared.map((chunk) => `./${chunk}`);
  await build({
    ...options,
    external: [...options.external, ...external],
    stdin: { contents, resolveDir: join(folder, 'chunks') },
    outfile: join(folder, 'chunks', `${name}.js`),
    logOverride: { 'ambiguous-reexport': 'error' }, // two chunks with one name for two things
  });
  for (const chunk of chunks) rmSync(join(folder, 'chunks', chunk));
  for (const file of readdirSync(folder, { recursive: true })) {
    if (!file.endsWith('.js')) continue;
    const code = readFileSync(join(folder, file), 'utf8');
    const merged = code.replace(IMPORT, (all, chunk) =>
      chunks.includes(chunk) ? all.replace(chunk, `${name}.js`) : all,
    );
    if (merged !== code) writeFileSync(join(folder, file), merged);
    const lost = chunks.find((chunk) => merged.includes(chunk));
    if (lost) throw new Error(`mergeChunks: no file may name a chunk that is gone, got ${lost} in ${file}`);
  }
}
