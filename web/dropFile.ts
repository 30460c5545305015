/** Model files, dropped anywhere on the page or chosen. */
import { byId } from './dom.js';
import { bytesText } from './format.js';

/** Files beyond this are surely something else. */
const MOST_BYTES = 200e6;

/** Throws unless a file can be a model. */
function expectModelSize({ size }: File): void {
  if (size > MOST_BYTES)
    throw new Error(`The file must have at most ${bytesText(MOST_BYTES)}, got ${bytesText(size)}.`);
}

/**
 * Wires dropping and choosing. `open` tells whether the file is in use, rather than something that was chosen after it; what
 * it rejects with is said in the panel. Gives what to call when another model has taken its place.
 */
export function dropFile(open: (bytes: Promise<Uint8Array>, name: string) => Promise<boolean>): () => void {
  const input = byId('file', HTMLInputElement);
  const outcome = byId('file-outcome', HTMLElement);
  let last: File | undefined;
  /** What the panel says of the file that is in use. */
  let answering = '';
  const say = (text: string, bad = false) => {
    outcome.textContent = text;
    outcome.classList.toggle('bad', bad);
  };
  const take = async (file: File) => {
    last = file;
    say(`Reading ${file.name}`);
    try {
      expectModelSize(file);
      const read = file.arrayBuffer().then((buffer) => new Uint8Array(buffer));
      const used = await open(read, file.name);
      if (file !== last) return; // the panel is about another one
      if (!used) return say(`${file.name} is not used: something else was chosen while it was read.`);
      answering = `${file.name} answers now. The slider, or the button below it, brings the ready ones back.`;
      say(answering);
    } catch (error) {
      if (file !== last) return;
      say(`${file.name} cannot be used. ${(error as Error).message}`, true);
      byId('drop', HTMLElement).scrollIntoView({ block: 'nearest' });
    }
  };
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file) take(file);
    input.value = ''; // the same file may be chosen again
  });
  const over = (on: boolean) => document.body.classList.toggle('dropping', on);
  addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    over(true);
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) over(false);
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    over(false);
    const dropped = [...(event.dataTransfer?.files ?? [])];
    if (dropped.length === 1) take(dropped[0]!);
    else if (dropped.length === 0) say('That was no file.', true);
    else say(`One file at a time, please: got ${dropped.length}. None was taken.`, true);
  });
  return () => {
    if (outcome.textContent === answering) say('');
  };
}
