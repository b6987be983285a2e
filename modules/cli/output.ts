/**
 * For commands that guard something: the reader of their output may go away (a pipe into a logger that died), and must
 * not take an address along. What is written from then on is lost; other commands end when nobody reads.
 */
export function surviveLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => undefined);
  }
}
