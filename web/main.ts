/** The page: joins drawing, networks and panels. The first answer comes before everything else. */
import { formatCount } from '../src/report/table.js';
import { Arena } from './arena.js';
import { fail, works } from './banner.js';
import { benchPanel, showCharts } from './benchPanel.js';
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
import { Turns } from './turns.js';
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

const pad = createPad((pixels, origin) => {
  arena.read(pixels);
  masks.read(pixels);
  setText('source', origins[origin]);
});

/** The model of the reader that is in use, if one is. */
let custom: Custom | null = null;
/** Takes back that a file is in use. */
let forgetFile = () => {};

/** Frees what another model has taken the place of. */
function replaceCustom(next: Custom | null): void {
  forgetFile();
  custom?.dense.session.dispose();
  custom?.sparse.session.dispose();
  custom = next;
}

/** Of choices: stops of the slider, files, what was trained. */
const turns = new Turns();

async function showMasks(mine: number, inspection: Promise<Inspection>): Promise<void> {
  const found = await inspection;
  if (!turns.passed(mine)) masks.show(found);
}

async function choose({ sparsity, structure }: Choice): Promise<void> {
  const mine = turns.ask();
  try {
    const sparse = await prunedContender(sparsity, structure);
    if (!turns.take(mine)) return;
    picker.custom(null);
    works('model');
    arena.set('sparse', sparse);
    showFacts(sparse, undefined);
    const dense = await denseContender();
    if (turns.passed(mine)) return;
    if (arena.get('dense')?.session !== dense.session) arena.set('dense', dense);
    replaceCustom(null);
    showFacts(sparse, dense);
    const bytes = await bytesOf(entryOf(sparsity, structure));
    await showMasks(mine, run('inspect', bytes));
  } catch (error) {
    if (!turns.passed(mine)) fail('model', error);
  }
}

/** Puts a model of the reader's on both sides; false if something that was chosen later is there already. */
async function useCustom(
  bytes: Uint8Array | Promise<Uint8Array>,
  name: string,
  about: string,
  accuracy: { share: number; tested: string } | null,
): Promise<boolean> {
  const mine = turns.ask();
  const next = await customModel(await bytes, name, accuracy); // a bad file changes nothing
  const { dense, sparse, inspection } = next;
  if (!turns.take(mine)) {
    dense.session.dispose();
    sparse.session.dispose();
    return false;
  }
  picker.custom(about);
  works('model');
  arena.set('sparse', sparse);
  arena.set('dense', dense);
  replaceCustom(next);
  showFacts(sparse, dense);
  masks.show(inspection);
  return true;
}

const picker = createPicker(choose);

byId('clear', HTMLButtonElement).addEventListener('click', () => pad.clear());
byId('random', HTMLButtonElement).addEventListener('click', async () => {
  try {
    const { label, pixels } = pickOne(await digits('test'));
    pad.give(pixels);
    setText('source', `From the test set: a ${label}.`);
    works('digits');
  } catch (error) {
    fail('digits', error);
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
    const about = `yours, ${percentText(sparsity, 0)}`;
    try {
      await useCustom(bytes, 'Yours', about, { share: accuracy, tested: `of ${formatCount(tested)} digits` });
    } catch (error) {
      fail('model', error);
    }
    byId('pad', HTMLElement).scrollIntoView({ block: 'center' });
  });
  forgetFile = dropFile((bytes, name) => useCustom(bytes, 'From a file', name, null));
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
    fail('model', error);
    return;
  } finally {
    wirePanels();
  }
  await choose(picker.choice);
  await showCharts();
  await offline();
}
begin();
