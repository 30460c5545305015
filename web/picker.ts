/** The slider over the ready models, and the facts below it. */
import { formatCount } from '../src/report/table.js';
import type { Contender } from './contender.js';
import { byId, fillTrack, setText } from './dom.js';
import { bytesText, factorText, percentText } from './format.js';
import type { StructureKey } from './manifest.js';
import { stops } from './zoo.js';

/** What is chosen. */
export interface Choice {
  readonly sparsity: number;
  readonly structure: StructureKey;
}

/** The slider and its switch. */
export interface Picker {
  readonly choice: Choice;
  /** Shows that another model than the chosen one is in use, or that it is again. */
  custom(name: string | null): void;
}

/** Wires slider and switch; `changed` is called for every choice. */
export function createPicker(changed: (choice: Choice) => void): Picker {
  const slider = byId('sparsity', HTMLInputElement);
  const structures = [...document.querySelectorAll<HTMLInputElement>('input[name=structure]')];
  const choice = (): Choice => ({
    sparsity: stops[Number(slider.value)]!,
    structure: structures.find(({ checked }) => checked)!.value as StructureKey,
  });
  const show = () => {
    const percent = `${Math.round(choice().sparsity * 100)} %`;
    setText('sparsity-value', percent);
    slider.setAttribute('aria-valuetext', percent);
    fillTrack(slider);
  };
  const change = () => {
    show();
    changed(choice());
  };
  const area = byId('choose', HTMLElement);
  const back = byId('back', HTMLButtonElement);
  // Where the choice stands already, a press changes nothing: it brings that model back all the same.
  const again = () => {
    if (area.classList.contains('custom')) change();
  };
  slider.addEventListener('input', change);
  slider.addEventListener('click', again);
  for (const structure of structures) {
    structure.addEventListener('change', change);
    structure.addEventListener('click', again);
  }
  back.addEventListener('click', change);
  // Browsers fill in what was chosen before a reload.
  show();
  return {
    get choice() {
      return choice();
    },
    custom(name) {
      area.classList.toggle('custom', name !== null);
      if (document.activeElement === back) slider.focus({ preventScroll: true }); // it is about to go
      back.hidden = name === null;
      if (name === null) show();
      else setText('sparsity-value', name);
    },
  };
}

/** Right answers, bytes and weights of both sides. */
export function showFacts(sparse: Contender, dense: Contender | undefined): void {
  const accuracy = (one: Contender) => (one.accuracy === null ? 'not known' : percentText(one.accuracy));
  setText('fact-accuracy', accuracy(sparse));
  setText('fact-bytes', bytesText(sparse.bytes));
  setText('fact-weights', formatCount(sparse.weights));
  setText('fact-accuracy-dense', sparse.accuracy === null ? '' : sparse.tested);
  if (!dense) return;
  const same = dense.bytes === sparse.bytes;
  if (sparse.accuracy !== null && dense.accuracy !== null && !same) {
    setText('fact-accuracy-dense', `dense ${accuracy(dense)}`);
  }
  setText(
    'fact-bytes-dense',
    same ? '' : `of ${bytesText(dense.bytes)}: ${factorText(dense.bytes / sparse.bytes)} smaller`,
  );
  setText(
    'fact-weights-dense',
    same ? '' : `of ${formatCount(dense.weights)}: ${factorText(dense.weights / sparse.weights)} fewer`,
  );
}
