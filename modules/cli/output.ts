/**
 * Makes a process outlive the reader of its output, for commands that guard something: a dead logger at the other end of
 * the pipe must not take an address with it. Later output is lost. Other commands end when their reader goes.
 */
export function surviveLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => undefined);
  }
}
