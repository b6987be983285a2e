/**
 * `requests.js SOCKET PATH RATE SECONDS CONNECTIONS`: GETs over so many connections that stay open, at that rate, for so
 * long; prints `{ sent, answered, refused }`. It runs beside the kernel in a process of its own.
 */
import { Agent, request } from 'node:http';

const [socketPath, path, rate, seconds, connections] = process.argv.slice(2);
/** Milliseconds between two bursts. */
const BURST = 2;

const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
const counts = { sent: 0, answered: 0, refused: 0 };

function ask(): void {
  counts.sent++;
  const sent = request({ socketPath: socketPath!, path: path!, agent }, (response) => {
    response.resume().once('end', () => (response.statusCode === 200 ? counts.answered++ : counts.refused++));
  });
  sent.once('error', () => counts.refused++);
  sent.end();
}

process.stdout.write('asking\n');
const start = performance.now();
const timer = setInterval(() => {
  const elapsed = performance.now() - start;
  if (elapsed > Number(seconds) * 1000) {
    clearInterval(timer);
    process.stdout.write(`${JSON.stringify(counts)}\n`);
    process.exit(0);
  }
  const due = (elapsed * Number(rate)) / 1000;
  // What the kernel does not answer must not fill this process.
  while (counts.sent < due && counts.sent - counts.answered - counts.refused < 2000) ask();
}, BURST);
