// The page: starts the worker, shows what it says, stops it on demand, and runs the model that comes back.
import { loadSession } from 'espalier/session';

const [start, stop, log] = ['#start', '#stop', '#log'].map((id) => document.querySelector(id));
const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });

function running(yes) {
  start.disabled = yes;
  stop.disabled = !yes;
}

start.addEventListener('click', () => {
  running(true);
  worker.postMessage({ start: { sparsity: 0.9, epochs: 20 } });
});
stop.addEventListener('click', () => worker.postMessage({ stop: true }));

worker.addEventListener('message', async ({ data }) => {
  log.textContent += `${data.text}\n`;
  if (!data.done) return;
  running(false);
  if (!data.model) return;
  const session = await loadSession(data.model, { batch: 1 });
  const digits = session.run(new Float32Array(784)).length;
  log.textContent += `the page runs it: ${digits} outputs, ${data.model.length} bytes\n`;
  session.dispose();
});
