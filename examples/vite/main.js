// A page that reads a digit while it is drawn. `npm run dev`, or `npm run build` for static files.
import { loadSession } from 'espalier/session';

const model = new URL('../../web/models/weight-95.safetensors', import.meta.url);
const pad = document.querySelector('#pad');
const answer = document.querySelector('#answer');
const pen = pad.getContext('2d', { willReadFrequently: true });
const small = new OffscreenCanvas(28, 28).getContext('2d', { willReadFrequently: true });
const session = await loadSession(model, { batch: 1 });
answer.value = 'ready';

/** Shows what the network reads: 28 x 28 grey values in [0, 1]. */
function read() {
  small.clearRect(0, 0, 28, 28);
  small.drawImage(pad, 0, 0, 28, 28);
  const { data } = small.getImageData(0, 0, 28, 28);
  const pixels = Float32Array.from({ length: 784 }, (_, i) => data[i * 4 + 3] / 255);
  const logits = session.run(pixels);
  answer.value = String(logits.indexOf(Math.max(...logits)));
}

pen.lineWidth = 22;
pen.lineCap = 'round';
pen.strokeStyle = '#fff';
pad.addEventListener('pointerdown', ({ offsetX, offsetY, pointerId }) => {
  pad.setPointerCapture(pointerId);
  pen.beginPath();
  pen.moveTo(offsetX, offsetY);
});
pad.addEventListener('pointermove', ({ buttons, offsetX, offsetY }) => {
  if (buttons === 0) return;
  pen.lineTo(offsetX, offsetY);
  pen.stroke();
  read();
});
document.querySelector('#clear').addEventListener('click', () => {
  pen.clearRect(0, 0, pad.width, pad.height);
  answer.value = '';
});
