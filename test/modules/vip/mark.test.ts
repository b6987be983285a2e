/** By what an address is taken for one that a carpet has put there. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type IfAddress, type Ifnet, InetPrefix } from '../../../modules/ifnet/index.js';
import { isMarked, mayBeMarked } from '../../../modules/vip/service/mark.js';

const address = (text: string, validMs?: number): IfAddress =>
  ({ prefix: InetPrefix.parse(text), ...(validMs === undefined ? {} : { validMs }) }) as IfAddress;
const ifnet = (...texts: string[]): Ifnet => ({ addresses: texts.map((text) => address(text)) }) as never;
const SHARED = '10.88.0.100/24';

it('the mark is the number of CARP and VRRP among the IP protocols', () => {
  const marks = [112, 113, 4, undefined].map((protocol) =>
    isMarked({ ...address(SHARED), protocol } as IfAddress),
  );
  assert.deepEqual(marks, [true, false, false, false]);
});

it('where there are no marks, the only address of its family is the host’s own', () => {
  for (const [others, expected] of [
    [[], false],
    [['fd88::1/64'], false],
    [['10.88.0.1/24'], true],
    [['10.88.0.100/32'], true],
  ] as const)
    assert.equal(mayBeMarked(ifnet(SHARED, ...others), address(SHARED)), expected, others.join());
});

it('where there are no marks, so is one with a longer lifetime than carpet gives', () => {
  const ifp = ifnet(SHARED, '10.88.0.1/24');
  const may = (validMs: number | undefined, lifetime?: number): boolean =>
    mayBeMarked(ifp, address(SHARED, validMs), lifetime);
  assert.deepEqual([may(2000, 2), may(2001, 2), may(1, 0), may(1)], [true, false, false, false]);
  assert.equal(may(undefined, 2), true, 'one that stays for ever may be of a carpet that gave no lifetime');
});
