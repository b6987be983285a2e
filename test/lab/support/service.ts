/** A service on a shared address, and clients that miss no answer of it (echo.ts). */
import { fileURLToPath } from 'node:url';
import { elapse, type Laboratory, type Namespace } from './index.js';

const ECHO = fileURLToPath(new URL('echo.js', import.meta.url));

/** Runs the service on hosts, which have the address from time to time. */
export async function serve(address: string, ...hosts: Namespace[]): Promise<void> {
  for (const host of hosts) {
    host.sysctl('net.ipv4.ip_nonlocal_bind', 1);
    await host.node(ECHO, ['serve', address]).waitForLine(/serves/, 5000);
  }
}

/** A client, 10.88.0.(20 + n), asks every 10 ms meanwhile. @returns how many requests it sent, and which had no answer */
export async function lostWhile(
  lab: Laboratory,
  n: number,
  address: string,
  work: () => Promise<unknown>,
): Promise<{ readonly sent: number; readonly lost: readonly number[] }> {
  const client = lab.host(`d${n}`, { addresses: [`10.88.0.${20 + n}/24`], ipv6: false });
  const asker = client.node(ECHO, ['ask', address]);
  await asker.waitForLine(/asks/, 5000);
  await elapse(500);
  await work();
  asker.kill('SIGTERM');
  const { text } = await asker.waitForLine(/sent/, 3000);
  return JSON.parse(text) as { sent: number; lost: number[] };
}
