/** Model files, dropped anywhere on the page or chosen. */
import { byId, setText } from './dom.js';

/** Files beyond this are surely something else. */
const MOST_BYTES = 200e6;

/** Wires dropping and choosing; what `open` rejects with is said in the panel. */
export function dropFile(open: (bytes: Uint8Array, name: string) => Promise<void>): void {
  const input = byId('file', HTMLInputElement);
  const outcome = byId('file-outcome', HTMLElement);
  const say = (text: string, bad: boolean) => {
    outcome.textContent = text;
    outcome.classList.toggle('bad', bad);
  };
  const take = async (file: File) => {
    say(`Reading ${file.name}`, false);
    try {
      if (file.size > MOST_BYTES) throw new Error(`The file must be below 200 MB, got ${file.size} bytes.`);
      await open(new Uint8Array(await file.arrayBuffer()), file.name);
      say(`${file.name} answers now. The slider brings the ready ones back.`, false);
    } catch (error) {
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
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
    else setText('file-outcome', 'That was no file.');
  });
}
