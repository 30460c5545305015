// Reads, trains, saves, logs and goes on from a checkpoint with the installed package, and prints what could differ between
// runtimes. Arguments: a folder to make and write to, and the address at which it is served.
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { pathToFileURL } from 'node:url';
import { csvLog, dense, loadModel, loadSession, relu, sequential } from 'espalier';
import { syntheticDigits } from 'espalier/datasets';

const [folder, address] = process.argv.slice(2);
mkdirSync(folder);
const at = (name) => `${folder}/${name}`;
const told = [];
const tell = (what, value) => told.push([what, value]);

/** Name, code and rule of an error; what was got is told in the words of the runtime. */
const ruleOf = ({ name, code, message }) => [
  name,
  code,
  message
    .replaceAll(address, 'ADDRESS')
    .replaceAll(folder, 'FOLDER')
    .replace(/, got .*/s, ''),
];
const refused = async (what, work) => tell(what, await work().then(() => 'nothing', ruleOf));

const { images, labels } = syntheticDigits({ samples: 200, shape: [8, 8], seed: 5 });
async function train(options) {
  const model = await sequential({ inputShape: [64], seed: 3 }, [dense(20), relu(), dense(10)]);
  await model.fit(images, labels, { epochs: 2, batchSize: 32, ...options });
  return model;
}

const model = await train({ callbacks: [csvLog(at('log.csv'))] });
tell('lines of the log', readFileSync(at('log.csv'), 'utf8').split('\n').length);

await model.save(at('model'));
await model.save(pathToFileURL(at('by URL')));
writeFileSync(at('real'), 'old');
chmodSync(at('real'), 0o600);
symlinkSync(at('real'), at('link'));
await Promise.all([model.save(at('link')), model.save(at('link'))]);
tell('a link stays one', lstatSync(at('link')).isSymbolicLink());
tell('permissions stay', (statSync(at('real')).mode & 0o777).toString(8));
const bytes = readFileSync(at('model'));
for (const name of ['by URL', 'link']) tell(name, readFileSync(at(name)).equals(bytes));

const file = pathToFileURL(at('model'));
const sources = [at('model'), file, file.href, bytes, new URL('model', address), `${address}model`];
for (const [i, source] of sources.entries()) {
  const session = await loadSession(source, { batch: 8 });
  tell(`answers ${i}`, [...new Uint32Array(session.run(images.subarray(0, 64 * 3)).buffer)]);
  session.dispose();
}

writeFileSync(at('cut'), bytes.subarray(0, 900));
await refused('cut off', () => loadModel(at('cut')));
await refused('missing', () => loadModel(at('none')));
await refused('a folder', () => loadModel(folder));
await refused('no such address', () => loadModel(new URL('none', address)));
await refused('nobody there', () => loadModel('http://127.0.0.1:9/'));
await refused('into no folder', () => model.save(at('none/model')));
await refused('over a folder', () => model.save(folder));

const checkpoint = { path: at('run'), everySteps: 2 };
const abort = new AbortController();
let steps = 0;
const callbacks = [{ onStep: () => void (++steps === 9 && abort.abort()) }];
await refused('stopped', () => train({ checkpoint, signal: abort.signal, callbacks }));
steps = 100;
const resumed = await train({ checkpoint, callbacks });
tell('steps when it goes on', steps - 100);
tell('to the same model', Buffer.from(resumed.encode()).equals(Buffer.from(model.encode())));

tell('files', readdirSync(folder).sort());
console.log(JSON.stringify(told));
