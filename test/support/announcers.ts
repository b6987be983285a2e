import type { Lan } from '../../modules/ifnet/lan/index.js';

/** IPv4 alone. */
interface Announcers {
  /** From where the address is announced, from now on. */
  readonly announced: string[];
  /** `10.0.0.1 254`: to whom the port advertises from now on, and the second octet of what it says there. */
  readonly said: () => string[];
}

/** Watches who announces an address of a segment, and what one port says of CARP or VRRP. */
export function announcers(lan: Lan, address: string, speaker: string): Announcers {
  const announced: string[] = [];
  const said: string[] = [];
  lan.tap(({ port, frame }) => {
    const type = (frame[12]! << 8) | frame[13]!;
    if (type === 0x0806 && frame.subarray(28, 32).join('.') === address) announced.push(port.name);
    if (type === 0x0800 && frame[23] === 112 && port.name === speaker)
      said.push(`${frame.subarray(30, 34).join('.')} ${frame[36]}`);
  });
  return { announced, said: () => [...said] };
}
