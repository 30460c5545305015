/** The page's side of the worker: promises for messages. The worker starts with the first job. */
import type { JobName, Jobs, Reply, Request } from './messages.js';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  tell(value: unknown): void;
}

let worker: Worker | undefined;
let last = 0;
const pending = new Map<number, Pending>();

function failure(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

function start(): Worker {
  const started = new Worker('worker.js', { type: 'module' });
  started.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
    const job = pending.get(data.id);
    if (!job) return;
    if (data.kind === 'tell') return job.tell(data.value);
    pending.delete(data.id);
    if (data.kind === 'done') job.resolve(data.value);
    else job.reject(failure(data.name, data.message));
  });
  started.addEventListener('error', ({ message }) => {
    for (const job of pending.values())
      job.reject(failure('WorkerError', message || 'the worker did not start'));
    pending.clear();
    worker = undefined; // the next job tries anew
  });
  return started;
}

/**
 * Gives the worker a job. Rejects with its error, whose name is that of the library's class; with the signal's reason, and
 * nothing is done, if that was aborted before.
 */
export function run<Name extends JobName>(
  kind: Name,
  give: Jobs[Name]['give'],
  options: { tell?: (value: Jobs[Name]['tell']) => void; signal?: AbortSignal } = {},
): Promise<Jobs[Name]['result']> {
  if (options.signal?.aborted) return Promise.reject(options.signal.reason);
  worker ??= start();
  const to = worker;
  const id = ++last;
  options.signal?.addEventListener('abort', () => to.postMessage({ kind: 'stop', id } satisfies Request));
  return new Promise((resolve, reject) => {
    pending.set(id, {
      resolve: (value) => resolve(value as Jobs[Name]['result']),
      reject,
      tell: (value) => options.tell?.(value as Jobs[Name]['tell']),
    });
    to.postMessage({ kind, id, give } as Request);
  });
}
