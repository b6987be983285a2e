/**
 * Takes writes on every address that the host has, or gets later: lines `TERM SEQUENCE` on TCP. Writes each down on
 * standard output, with the time, before it answers `NAME SEQUENCE`. To be run in a host: `server.js NAME PORT`.
 */
import { createServer, type Socket } from 'node:net';

const [name = '', port = ''] = process.argv.slice(2);

function serve(socket: Socket): void {
  let rest = '';
  // A client that gives up resets the connection.
  socket.on('error', () => undefined).setNoDelay(true);
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) accept(socket, line);
  });
}

function accept(socket: Socket, line: string): void {
  const [term, sequence] = line.split(' ');
  process.stdout.write(`accepted ${term} ${sequence} ${performance.timeOrigin + performance.now()}\n`);
  socket.write(`${name} ${sequence}\n`);
}

createServer(serve).listen(Number(port), '0.0.0.0', () => console.log('serves'));
