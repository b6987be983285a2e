/** Keeps a processor busy for half of the time. */

const HALF_MS = 50;

setInterval(() => {
  const end = performance.now() + HALF_MS;
  while (performance.now() < end);
}, 2 * HALF_MS);
