import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InetAddress, parseLladdr } from '../../../modules/ifnet/index.js';
import { gratuitousArp, unsolicitedNa } from '../../../modules/notify-peers/index.js';

const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');
const bytes = (text: string): string => text.replaceAll(' ', '');

describe('a gratuitous ARP', () => {
  const address = InetAddress.parse('10.88.0.3');
  const lladdr = parseLladdr('02:00:00:00:00:33');

  it('has the bytes that Linux 6.18 sends with arp_notify (captured)', () => {
    assert.equal(
      hex(gratuitousArp(address, lladdr, 'request')),
      bytes('ffffffffffff 020000000033 0806 0001080006040001 020000000033 0a580003 000000000000 0a580003'),
    );
  });

  it('names itself as the target too when it is a reply', () => {
    assert.equal(
      hex(gratuitousArp(address, lladdr, 'reply')),
      bytes('ffffffffffff 020000000033 0806 0001080006040002 020000000033 0a580003 020000000033 0a580003'),
    );
  });
});

describe('an unsolicited neighbour advertisement', () => {
  const address = InetAddress.parse('fe80::ff:fe00:3');
  const lladdr = parseLladdr('02:00:00:00:00:03');

  // The checksum by hand: 2 x the address, ff02::1, length 0x20 and 58 as pseudo-header, then the message.
  it('has the bytes that Linux 6.18 sends with ndisc_notify', () => {
    assert.equal(
      hex(unsolicitedNa(address, lladdr, false)),
      bytes(`333300000001 020000000003 86dd 6000000000203aff fe80000000000000000000fffe000003
        ff020000000000000000000000000001 8800 CKSM 20000000 fe80000000000000000000fffe000003
        0201020000000003`)
        .replaceAll('\n', '')
        .replace('CKSM', checksum()),
    );
  });

  it('sets the router flag on request', () => {
    const frame = unsolicitedNa(address, lladdr, true);
    assert.equal(frame[58], 0xa0);
  });

  /** Not the code under test: 16-bit words as BigInt, reduced at the end. */
  function checksum(): string {
    const parts = [
      'fe80000000000000000000fffe000003',
      'ff020000000000000000000000000001',
      '00000020',
      '0000003a',
      '8800000020000000fe80000000000000000000fffe0000030201020000000003',
    ].join('');
    let sum = 0n;
    for (let i = 0; i < parts.length; i += 4) sum += BigInt(`0x${parts.slice(i, i + 4)}`);
    return (0xffff - Number(sum % 0xffffn)).toString(16).padStart(4, '0');
  }
});
