// A service that reads digits: POST 784 bytes (28 x 28 grey values, white ink on black), get the digit.
//   node server.mjs [MODEL] [PORT]
//   head -c 784 /dev/urandom | curl --data-binary @- localhost:8080/digit
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { loadSession } from 'espalier/session';

const ready = fileURLToPath(new URL('../../web/models/weight-95.safetensors', import.meta.url));
const [model = ready, port = '8080'] = process.argv.slice(2);
const session = await loadSession(model, { batch: 1 });
const PIXELS = 784;
const logits = new Float32Array(10);

/** All bytes of a request, or null when there are more than an image has. */
async function bodyOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > PIXELS) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function answer(request) {
  if (request.url === '/health') return [200, { ok: true }];
  if (request.url !== '/digit' || request.method !== 'POST') return [404, { error: 'POST /digit' }];
  const pixels = await bodyOf(request);
  if (pixels?.length !== PIXELS) return [400, { error: `the body must be ${PIXELS} bytes, one a pixel` }];
  const started = performance.now();
  session.run(
    Float32Array.from(pixels, (value) => value / 255),
    logits,
  );
  const micros = Math.round((performance.now() - started) * 1000);
  return [200, { digit: logits.indexOf(Math.max(...logits)), logits: [...logits], micros }];
}

const server = createServer(async (request, response) => {
  const [status, body] = await answer(request).catch((error) => [500, { error: error.message }]);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
server.listen(Number(port), () => console.log(`http://localhost:${server.address().port}`));

// Graceful: no new connections, open requests are answered, then the memory is given back.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    server.close(() => {
      session.dispose();
      console.log('closed');
    });
    server.closeIdleConnections();
  });
}
