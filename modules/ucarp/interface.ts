import { CarpetError } from '../../core/index.js';
import type { Ifnet, IfnetModule, InetAddress } from '../ifnet/index.js';

/**
 * The interface called `name`, which must have the address `srcip`; without a name, the one that has it.
 *
 * @throws CarpetError ENXIO if there is no such interface, EADDRNOTAVAIL if it lacks the address
 */
export function findInterface(ifnet: IfnetModule, name: string | undefined, srcip: InetAddress): Ifnet {
  const there = ifnet.list();
  if (name === undefined) {
    const ifp = there.find((each) => each.hasAddress(srcip));
    if (ifp) return ifp;
    throw new CarpetError('EADDRNOTAVAIL', `no interface has the address ${srcip} (--srcip): see ip address`);
  }
  const ifp = ifnet.byName(name);
  if (!ifp) {
    const names = there.map((each) => each.name).join(', ');
    throw new CarpetError('ENXIO', `there is no interface ${name} (--interface); there are ${names}`);
  }
  if (ifp.hasAddress(srcip)) return ifp;
  const addresses = ifp.addresses.map(({ prefix }) => prefix.address).filter(({ family }) => family === 4);
  const has = addresses.length === 0 ? 'no IPv4 address' : addresses.join(', ');
  throw new CarpetError(
    'EADDRNOTAVAIL',
    `${name} does not have the address ${srcip} (--srcip), it has ${has}`,
  );
}
