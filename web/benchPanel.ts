/** The button that times this machine, and what comes out: two charts and a table. */
import { digits } from './digits.js';
import { byId, make, setText } from './dom.js';
import { factorText, microsText } from './format.js';
import { run } from './jobs.js';
import { type BenchRow, batches } from './messages.js';
import { bytesOf, entries } from './zoo.js';

const columns = ['Network', 'One digit', 'Speed-up', '32 digits', 'Speed-up'];

function cells({ name, micros, speedups }: BenchRow): string[] {
  return [name, ...batches.flatMap((_, b) => [microsText(micros[b]!), factorText(speedups[b]!)])];
}

function tableOf(rows: readonly BenchRow[]): HTMLElement {
  const table = make('table');
  table.append(
    make('caption', '', 'Time of one call, and how many times faster than all weights multiplied'),
  );
  const head = make('tr');
  for (const text of columns) head.append(make('th', '', text));
  head.querySelectorAll('th').forEach((cell) => {
    cell.scope = 'col';
  });
  const body = make('tbody');
  for (const row of rows) {
    const line = make('tr');
    const [name, ...rest] = cells(row);
    const first = make('th', '', name);
    first.scope = 'row';
    line.append(first, ...rest.map((text) => make('td', '', text)));
    body.append(line);
  }
  const header = make('thead');
  header.append(head);
  table.append(header, body);
  const scroll = make('div', 'scroll');
  scroll.tabIndex = 0;
  scroll.setAttribute('role', 'region');
  scroll.setAttribute('aria-label', 'Times on this machine');
  scroll.append(table);
  return scroll;
}

/** Tabs between cells: spreadsheets and editors take it. */
function plainText(rows: readonly BenchRow[]): string {
  const lines = [columns, ...rows.map(cells)].map((line) => line.join('\t').replaceAll('\u00a0', ' '));
  return `${lines.join('\n')}\n${navigator.userAgent}\n`;
}

async function measure(tell: (share: number) => void): Promise<readonly BenchRow[]> {
  const models = await Promise.all(
    entries.map(async (entry) => {
      const { sparsity, structure } = entry;
      return { sparsity, structure, bytes: await bytesOf(entry) };
    }),
  );
  return run('bench', { models, digits: await digits('test') }, { tell });
}

async function copy(rows: readonly BenchRow[]): Promise<void> {
  try {
    await navigator.clipboard.writeText(plainText(rows));
    setText('bench-status', 'Copied.');
  } catch {
    getSelection()?.selectAllChildren(byId('bench-table', HTMLElement)); // then it is one key to copy
    setText('bench-status', 'The table is selected: copy it from there.');
  }
}

/** What the charts show: at first what speed would be if it followed the weights. */
let shown: readonly BenchRow[] = [];

/** Draws the charts as wide as there is room for, so that their text has the size that it should. */
async function draw(): Promise<void> {
  const { speedupCharts } = await import('./benchChart.js');
  const rooms = [...byId('bench-chart', HTMLElement).children];
  const charts = speedupCharts(shown, rooms[0]!.clientWidth);
  rooms.forEach((room, i) => {
    room.innerHTML = charts[i]!;
  });
}

/** Draws the charts, and again whenever their room changes. */
export async function showCharts(): Promise<void> {
  const first = byId('bench-chart', HTMLElement).children[0]!;
  await draw();
  let width = first.clientWidth;
  new ResizeObserver(() => {
    if (first.clientWidth === width) return;
    width = first.clientWidth;
    requestAnimationFrame(draw); // not while sizes are being watched: it changes a height
  }).observe(first);
}

/** Wires the panel; `busy` is told when the machine should be left alone. */
export function benchPanel(busy: (busy: boolean) => void): void {
  const button = byId('bench', HTMLButtonElement);
  const copyButton = byId('copy', HTMLButtonElement);
  const progress = byId('bench-progress', HTMLProgressElement);
  let rows: readonly BenchRow[] = [];
  button.addEventListener('click', async () => {
    progress.hidden = false;
    progress.value = 0;
    setText('bench-status', 'Measuring');
    busy(true);
    try {
      rows = await measure((share) => {
        progress.value = share;
      });
      shown = rows;
      await draw();
      byId('bench-table', HTMLElement).replaceChildren(tableOf(rows));
      setText('bench-status', 'Done: medians of 15 rounds in turns.');
      copyButton.disabled = false;
      button.textContent = 'Measure again';
    } catch (error) {
      setText('bench-status', `It did not work: ${(error as Error).message}`);
    } finally {
      busy(false);
      progress.hidden = true;
    }
  });
  copyButton.addEventListener('click', () => copy(rows));
}
