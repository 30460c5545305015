/** The worker: everything that takes longer than a frame, with the same library as anywhere else. */
import { bench } from './benchJob.js';
import { inspect } from './inspectJob.js';
import type { Reply, Request } from './messages.js';
import { train } from './trainJob.js';

const running = new Map<number, AbortController>();

/** In a worker; the types at hand are those of pages. */
const send = (reply: Reply, transfer: Transferable[] = []) => self.postMessage(reply, { transfer });

async function work(request: Exclude<Request, { kind: 'stop' }>, signal: AbortSignal): Promise<unknown> {
  const tell = (value: unknown) => send({ kind: 'tell', id: request.id, value });
  switch (request.kind) {
    case 'inspect':
      return inspect(request.give);
    case 'bench':
      return bench(request.give, tell);
    case 'train':
      return train(request.give, tell, signal);
  }
}

self.addEventListener('message', async ({ data }: MessageEvent<Request>) => {
  if (data.kind === 'stop') {
    running.get(data.id)?.abort();
    return;
  }
  const controller = new AbortController();
  running.set(data.id, controller);
  try {
    send({ kind: 'done', id: data.id, value: await work(data, controller.signal) });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    send({ kind: 'failed', id: data.id, name, message });
  } finally {
    running.delete(data.id);
  }
});
