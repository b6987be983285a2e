import { once } from 'node:events';
import { CarpetError } from '../../../core/index.js';
import type { LogSink } from '../../../core/log/index.js';
import { CaptureError, CaptureReader } from '../../capture/index.js';
import { InetAddress } from '../../ifnet/index.js';
import { readPasswordFile } from '../password.js';
import { captureChunks } from './file.js';
import { listen } from './live.js';
import type { ExplainOptions } from './options.js';
import { JsonPrinter, type PacketPrinter, TextPrinter } from './printer.js';
import { PacketReader } from './reader.js';

/** Output is written in pieces of about this many characters. */
const PIECE = 65_536;

/**
 * Explains a capture file; with what is read before a damaged place explained too.
 *
 * @throws UsageError for a file that cannot be read, CaptureError for one that is no capture or damaged
 */
export async function explainFile(file: string, options: ExplainOptions): Promise<void> {
  const { reader, printer } = prepare(options);
  const capture = new CaptureReader();
  const write = writer();
  // What cannot be read does not show that nothing is in it.
  let tells = false;
  try {
    for await (const chunk of captureChunks(file))
      for (const packet of capture.push(chunk)) {
        const explained = reader.read(packet);
        if (explained === undefined) continue;
        tells = true;
        await write(printer.line(explained));
      }
    capture.end();
    tells = true;
  } catch (error) {
    throw error instanceof CaptureError ? new CaptureError(`${file}: ${error.message}`) : error;
  } finally {
    if (tells) await write(printer.end(reader), true);
  }
  sayAbsent(reader, options);
}

/** Explains what passes an interface, until SIGINT or SIGTERM. @throws UsageError; CarpetError ENXIO if it is removed */
export async function explainInterface(ifname: string, options: ExplainOptions, log: LogSink): Promise<void> {
  const { reader, printer } = prepare(options);
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const isThere = await listen(ifname, log, stopped, (packet, own) => {
    const returned =
      packet.outgoing === false
        ? (source: InetAddress) => own.some((each) => each.equals(source))
        : undefined;
    const explained = reader.read(packet, returned);
    if (explained !== undefined) process.stdout.write(printer.line(explained));
  });
  process.stdout.write(printer.end(reader));
  sayAbsent(reader, options);
  if (!isThere) throw new CarpetError('ENXIO', `interface ${ifname} was removed`);
}

function prepare(options: ExplainOptions): { reader: PacketReader; printer: PacketPrinter } {
  const { passfile, addr: prefixes, vhid, vrid, json } = options;
  const warn = (text: string): boolean => process.stderr.write(`carpet: ${text}\n`);
  const [key, ...heardKeys] = passfile.map((each) => readPasswordFile(each, warn));
  return {
    reader: new PacketReader({ key, heardKeys, prefixes, vhid }, vrid),
    printer: json === true ? new JsonPrinter() : new TextPrinter(),
  };
}

/** Says of a vhid or virtual router that was asked for that nothing of it was seen: nothing was compared then. */
function sayAbsent({ explainer, routers }: PacketReader, { vhid, vrid }: ExplainOptions): void {
  const say = (what: string, wanted: number | undefined, seen: readonly number[]): void => {
    if (wanted === undefined || seen.includes(wanted)) return;
    const others = [...new Set(seen)].toSorted((a, b) => a - b).join(', ');
    const there = others === '' ? 'nor any other' : `there is ${others}`;
    process.stderr.write(`carpet: no advertisement of ${what} ${wanted} was seen; ${there}\n`);
  };
  say(
    'vhid',
    vhid,
    explainer.groups.map((group) => group.vhid),
  );
  say(
    'VRRP router',
    vrid,
    routers.groups.map((group) => group.vrid),
  );
}

/** Collects text, and waits for the reader of the output: a long capture must not pile up in memory. */
function writer(): (text: string, flush?: boolean) => Promise<void> {
  let pending = '';
  return async (text, flush = false) => {
    pending += text;
    if (pending === '' || (!flush && pending.length < PIECE)) return;
    const piece = pending;
    pending = '';
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
  };
}
