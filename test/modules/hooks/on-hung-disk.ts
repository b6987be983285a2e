/**
 * A program for a test: a consumer that reads from a file system whose server takes the request and never answers, so that no
 * signal ends it. Says how long new settings without it take, and what is logged.
 */
import { spawnSync } from 'node:child_process';
import { openSync, read, writeSync } from 'node:fs';
import { Kernel } from '../../../core/index.js';
import { HooksModule } from '../../../modules/hooks/index.js';

const [folder] = process.argv.slice(2) as [string];
const INIT = 26;
const LOOKUP = 1;
const device = openSync('/dev/fuse', 'r+');
const mount = ['-i', '-t', 'fuse', '-o', 'fd=3,rootmode=40000,user_id=0,group_id=0', 'none', folder];
spawnSync('mount', mount, { stdio: ['ignore', 'ignore', 'inherit', device] });
const hangs = new Promise<void>((resolve) => serve(resolve));
const log: string[] = [];
const kernel = new Kernel({ log: ({ message }) => void log.push(message) });
const feed = { form: 'stream', command: ['cat', `${folder}/x`] } as const;
await kernel.load(HooksModule, { hooks: { feed } });
await hangs;
const began = Date.now();
await kernel.reconfigure(HooksModule, { hooks: {} });
const text = `${Date.now() - began} ms: ${log.join('; ')}\n`;
// Not by exit: that waits for the thread that reads the device.
process.stdout.write(text, () => process.kill(process.pid, 'SIGKILL'));

/** Answers the mount alone. In linux/fuse.h's struct fuse_in_header come a length, what is asked, and the request's number. */
function serve(asked: () => void): void {
  read(device, Buffer.alloc(65_536), 0, 65_536, null, (error, length, request) => {
    if (error !== null || length === 0) return;
    const opcode = request.readUInt32LE(4);
    if (opcode === INIT) writeSync(device, initReply(request.readBigUInt64LE(8)));
    if (opcode === LOOKUP) asked();
    serve(asked);
  });
}

/** struct fuse_out_header and struct fuse_init_out of protocol 7.31, with max_write. */
function initReply(unique: bigint): Buffer {
  const reply = Buffer.alloc(80);
  reply.writeUInt32LE(reply.length, 0);
  reply.writeBigUInt64LE(unique, 8);
  reply.writeUInt32LE(7, 16);
  reply.writeUInt32LE(31, 20);
  reply.writeUInt32LE(4096, 36);
  return reply;
}
