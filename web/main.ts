/** The page: joins drawing, networks and panels. The first answer comes before everything else. */
import { Arena } from './arena.js';
import { benchPanel, drawIdeal } from './benchPanel.js';
import { denseContender, prunedContender } from './contender.js';
import { type Custom, customModel } from './custom.js';
import { digits, pickOne } from './digits.js';
import { byId, setText } from './dom.js';
import { dropFile } from './dropFile.js';
import { percentText } from './format.js';
import { run } from './jobs.js';
import { Masks } from './masks.js';
import type { Inspection } from './messages.js';
import { offline } from './offline.js';
import { createPad, type Origin } from './pad.js';
import { type Choice, createPicker, showFacts } from './picker.js';
import { sample } from './sample.js';
import { themeButton } from './themeButton.js';
import { trainPanel } from './trainPanel.js';
import { bytesOf, entryOf } from './zoo.js';

/** What the slider stands at first; it compiles while the page is wired. */
const first = prunedContender(0.95, 'weight');
first.catch(() => undefined); // begin() meets the same error, and shows it

const origins: Record<Origin, string> = {
  sample: 'A sample. Draw your own over it.',
  drawn: 'Drawn by you, scaled and centred.',
  given: 'From the test set.',
  empty: 'Nothing drawn yet.',
};

const arena = new Arena();
const masks = new Masks();

function fail(error: unknown): void {
  const banner = byId('banner', HTMLElement);
  banner.hidden = false;
  banner.textContent = error instanceof Error ? error.message : String(error);
}

const pad = createPad((pixels, origin) => {
  arena.read(pixels);
  masks.read(pixels);
  setText('source', origins[origin]);
});

/** The model of the reader that is in use, if one is. */
let custom: Custom | null = null;

/** Frees what another model has taken the place of. */
function replaceCustom(next: Custom | null): void {
  custom?.dense.session.dispose();
  custom?.sparse.session.dispose();
  custom = next;
}

/** Counts choices: what was asked for before the last one is not shown any more. */
let turn = 0;

async function showMasks(mine: number, inspection: Promise<Inspection>): Promise<void> {
  const found = await inspection;
  if (mine === turn) masks.show(found);
}

async function choose({ sparsity, structure }: Choice): Promise<void> {
  const mine = ++turn;
  try {
    const sparse = await prunedContender(sparsity, structure);
    if (mine !== turn) return;
    picker.custom(null);
    byId('banner', HTMLElement).hidden = true;
    arena.set('sparse', sparse);
    showFacts(sparse, undefined);
    const dense = await denseContender();
    if (mine !== turn) return;
    if (arena.get('dense')?.session !== dense.session) arena.set('dense', dense);
    replaceCustom(null);
    showFacts(sparse, dense);
    const bytes = await bytesOf(entryOf(sparsity, structure));
    await showMasks(mine, run('inspect', bytes));
  } catch (error) {
    if (mine === turn) fail(error);
  }
}

async function useCustom(
  bytes: Uint8Array,
  name: string,
  accuracy: { share: number; tested: string } | null,
): Promise<void> {
  const next = await customModel(bytes, name, accuracy); // a bad file changes nothing
  turn++;
  const { dense, sparse, inspection } = next;
  picker.custom(name);
  arena.set('sparse', sparse);
  arena.set('dense', dense);
  replaceCustom(next);
  showFacts(sparse, dense);
  masks.show(inspection);
}

const picker = createPicker(choose);

byId('clear', HTMLButtonElement).addEventListener('click', () => pad.clear());
byId('random', HTMLButtonElement).addEventListener('click', async () => {
  try {
    const { label, pixels } = pickOne(await digits('test'));
    pad.give(pixels);
    setText('source', `From the test set: a ${label}.`);
  } catch (error) {
    fail(error);
  }
});
themeButton(() => {
  pad.repaint();
  masks.repaint();
});
/** Training and measuring take turns, and nothing else is timed meanwhile. */
const busy = (on: boolean) => {
  arena.paused = on;
  for (const id of ['bench', 'start']) byId(id, HTMLButtonElement).disabled = on;
};
/** What can wait until the first answer is there. */
function wirePanels(): void {
  benchPanel(busy);
  trainPanel(busy, async ({ bytes, accuracy, tested, sparsity }) => {
    await useCustom(bytes, 'Yours', { share: accuracy, tested: `of ${tested} digits` });
    setText('sparsity-value', `yours, ${percentText(sparsity, 0)}`);
    byId('pad', HTMLElement).scrollIntoView({ block: 'center' });
  });
  dropFile(async (bytes, name) => {
    await useCustom(bytes, 'From a file', null);
    setText('sparsity-value', name);
  });
}

async function begin(): Promise<void> {
  pad.sample(sample);
  const { sparsity, structure } = picker.choice;
  try {
    const sparse = await prunedContender(sparsity, structure);
    arena.set('sparse', sparse);
    const { startTime } = performance.mark('first-answer');
    setText('footer-first', `First answer ${Math.round(startTime)} ms after this page began to load.`);
    showFacts(sparse, undefined);
  } catch (error) {
    fail(error);
    return;
  } finally {
    wirePanels();
  }
  await choose(picker.choice);
  await drawIdeal();
  await offline();
}
begin();
