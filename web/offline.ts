/** Registers the service worker, says when the page works offline, and offers new versions. */
import { byId, setText } from './dom.js';

const READY = 'Works offline from now on.';

/** Asks for the rest to be kept too, unless the reader saves data. */
function keepRest(worker: ServiceWorker): void {
  const { connection } = navigator as { connection?: { saveData?: boolean } };
  if (connection?.saveData !== true) worker.postMessage('keep everything');
}

function offer(waiting: ServiceWorker): void {
  const button = byId('update', HTMLButtonElement);
  button.hidden = false;
  button.onclick = () => {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    waiting.postMessage('take over');
  };
}

/** Where there are no service workers, the page works all the same. */
export async function offline(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    navigator.serviceWorker.addEventListener('message', ({ data }) => {
      if (data === 'kept everything') setText('offline', READY);
    });
    const registration = await navigator.serviceWorker.register('serviceWorker.js');
    const hadOne = navigator.serviceWorker.controller !== null;
    if (hadOne && registration.waiting) offer(registration.waiting);
    registration.addEventListener('updatefound', () => {
      const found = registration.installing!;
      found.addEventListener('statechange', () => {
        if (hadOne && found.state === 'installed') offer(found);
      });
    });
    keepRest((await navigator.serviceWorker.ready).active!);
  } catch {
    setText('offline', 'This browser keeps nothing for offline use here.');
  }
}
