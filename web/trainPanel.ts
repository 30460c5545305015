/** Train and prune in the page: options, live curves, and what to do with the outcome. */

import { percentTick, plainTick } from '../src/report/scale.js';
import { formatCount } from '../src/report/table.js';
import { unlessAborted } from './abort.js';
import { Curve } from './curve.js';
import { digits } from './digits.js';
import { byId, fillTrack, setText } from './dom.js';
import { bytesText, percentText } from './format.js';
import { run } from './jobs.js';
import type { StructureKey } from './manifest.js';
import type { Trained, TrainOptions, TrainProgress } from './messages.js';

/** Digits that an epoch goes through, for the time that is left. */
const EPOCH = 8000;

function makeCurves() {
  const share = { format: percentTick, limits: [0, 1] as const };
  const loss = new Curve({
    id: 'curve-loss',
    tone: 'warm',
    format: plainTick,
    zero: true,
    text: (y) => y.toFixed(3),
  });
  const accuracy = new Curve({
    ...share,
    id: 'curve-accuracy',
    tone: 'sparse',
    dots: true,
    text: (y) => percentText(y, 1),
  });
  const sparsity = new Curve({
    ...share,
    id: 'curve-sparsity',
    tone: 'cool',
    span: [0, 1],
    text: (y) => percentText(y, 1),
  });
  return {
    reset(end: number) {
      for (const curve of [loss, accuracy, sparsity]) curve.reset(end);
    },
    add(progress: TrainProgress) {
      loss.add(progress.at, progress.loss);
      sparsity.add(progress.at, progress.sparsity);
      if (progress.accuracy !== null) accuracy.add(progress.at, progress.accuracy);
    },
  };
}

function optionsOf(form: HTMLFormElement): TrainOptions {
  const values = new FormData(form);
  return {
    epochs: Number(values.get('epochs')),
    sparsity: Number(values.get('target')) / 100,
    structure: values.get('cut') as StructureKey,
  };
}

function statusOf({ at, samplesPerSecond }: TrainProgress, epochs: number): string {
  const left = Math.ceil(((epochs - at) * EPOCH) / Math.max(1, samplesPerSecond));
  const rate = formatCount(Math.round(samplesPerSecond / 100) * 100);
  return `Pass ${Math.min(epochs, Math.floor(at) + 1)} of ${epochs}, ${rate} digits a second, ${left} s left`;
}

function outcomeText({ accuracy, tested, sparsity, seconds, stopped, bytes }: Trained): string {
  const right = `${percentText(accuracy, 1)} of ${formatCount(tested)} digits kept for the end`;
  const size = `${percentText(sparsity, 1)} cut away, ${bytesText(bytes.length)}`;
  return `${stopped ? 'Stopped' : 'Done'} after ${seconds.toFixed(1)} s: ${right}, ${size}.`;
}

/** Before the first step there is nothing to keep; later, the worker gives what there is. */
function failureText({ name, message }: Error): string {
  return name === 'AbortError' ? 'Stopped before it began.' : `It did not work: ${message}`;
}

function save(bytes: Uint8Array): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes as BlobPart], { type: 'application/octet-stream' }));
  link.download = 'trained-here.safetensors';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Wires the panel. */
export function trainPanel(busy: (busy: boolean) => void, use: (trained: Trained) => Promise<void>): void {
  const form = byId('train', HTMLFormElement);
  const start = byId('start', HTMLButtonElement);
  const stop = byId('stop', HTMLButtonElement);
  const useButton = byId('use', HTMLButtonElement);
  const download = byId('download', HTMLButtonElement);
  const curves = makeCurves();
  let trained: Trained | null = null;
  let controller = new AbortController();
  let keyboard = false; // whether the focus is to go along with what can be pressed
  const settle = (running: boolean) => {
    keyboard ||= document.activeElement === start || document.activeElement === stop;
    stop.disabled = !running;
    useButton.disabled = running || !trained;
    download.disabled = running || !trained;
    busy(running);
    if (keyboard && [start, stop, document.body].includes(document.activeElement as HTMLElement)) {
      (running ? stop : start).focus();
    }
    keyboard = false;
  };
  const showOptions = () => {
    setText('epochs-value', String(optionsOf(form).epochs));
    setText('target-value', percentText(optionsOf(form).sparsity, 0));
    for (const id of ['epochs', 'target']) fillTrack(byId(id, HTMLInputElement));
  };
  form.addEventListener('input', showOptions);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const options = optionsOf(form);
    controller = new AbortController();
    trained = null;
    curves.reset(options.epochs);
    settle(true);
    setText('train-status', 'Fetching the digits');
    try {
      const { signal } = controller;
      const tell = (progress: TrainProgress) => {
        curves.add(progress);
        if (!signal.aborted) setText('train-status', statusOf(progress, options.epochs));
      };
      const given = { options, digits: await unlessAborted(digits('train'), signal) };
      trained = await run('train', given, { signal, tell });
      setText('train-status', outcomeText(trained));
    } catch (error) {
      setText('train-status', failureText(error as Error));
    } finally {
      settle(false);
    }
  });
  stop.addEventListener('click', () => {
    keyboard = document.activeElement === stop;
    stop.disabled = true;
    setText('train-status', 'Stopping');
    controller.abort();
  });
  useButton.addEventListener('click', () => trained && use(trained));
  download.addEventListener('click', () => trained && save(trained.bytes));
  showOptions();
}
