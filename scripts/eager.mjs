// Functions that a start calls, as `var name = (function ...)`: V8 reads a plain declaration twice, at first only to
// find its end, and compiles what stands in parentheses at once. A tenth of the work of a cold start.
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parse } from 'acorn';

/** Runs `task`; where the functions end that were called in it, by file. */
async function calledIn(task) {
  const session = new Session();
  session.connect();
  const post = (method, parameters) => {
    let answer;
    session.post(method, parameters, (error, result) => {
      if (error) throw new Error(`eager: ${method}: ${error.message}`);
      answer = result;
    });
    return answer;
  };
  post('Profiler.enable');
  post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await task();
  const { result } = post('Profiler.takePreciseCoverage');
  session.disconnect();
  return new Map(
    result
      .filter(({ url }) => url.startsWith('file:'))
      .map(({ url, functions }) => [
        fileURLToPath(url),
        new Set(functions.flatMap(({ ranges: [{ count, endOffset }] }) => (count > 0 ? [endOffset] : []))),
      ]),
  );
}

/** The code with those of its outermost functions as expressions in parentheses, where they stood. */
function inParentheses(code, ends) {
  const { body } = parse(code, { ecmaVersion: 'latest', sourceType: 'module' });
  let [done, at] = ['', 0];
  for (const { type, start, end, id } of body) {
    if (type !== 'FunctionDeclaration' || !ends.has(end)) continue;
    const [head, rest] = [code.slice(start, id.start).trimEnd(), code.slice(id.end, end)];
    done += `${code.slice(at, start)}var ${id.name}=(${head}${rest});`;
    at = end;
  }
  return done + code.slice(at);
}

/** A LeNet-300-100, made by an entry of the package. */
async function lenet({ dense, relu, sequential }) {
  const layers = [dense(300), relu(), dense(100), relu(), dense(10)];
  return sequential({ inputShape: [784], seed: 1 }, layers);
}

/** Rewrites the package built in `folder` by what its first session calls, from a model and from a model's file. */
export async function eagerStart(folder) {
  const dist = realpathSync(folder); // as modules are called, whatever links lead there
  const temporary = mkdtempSync(join(tmpdir(), 'espalier-eager-'));
  const file = join(temporary, 'model.safetensors');
  const load = (name) => import(pathToFileURL(join(dist, name)).href);
  const answer = (session) => session.run(new Float32Array(784));
  try {
    const called = await calledIn(async () => {
      for (const name of ['index.js', 'espalier.min.js']) {
        const entry = await load(name);
        answer(await entry.createSession(await lenet(entry), { batch: 1 }));
      }
    });
    const whole = await load('index.js');
    const model = await lenet(whole);
    await whole.prune(model, { sparsity: 0.95 });
    await model.save(file);
    const again = await calledIn(async () => {
      for (const name of ['session.js', 'session.min.js']) {
        const { loadSession } = await load(name);
        answer(await loadSession(file, { batch: 1 }));
      }
    });
    for (const path of new Set([...called.keys(), ...again.keys()])) {
      if (!path.startsWith(dist)) continue;
      const ends = new Set([...(called.get(path) ?? []), ...(again.get(path) ?? [])]);
      writeFileSync(path, inParentheses(readFileSync(path, 'utf8'), ends));
    }
  } finally {
    rmSync(temporary, { recursive: true });
  }
}
