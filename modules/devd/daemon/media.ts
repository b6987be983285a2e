/** The media type that SIOCGIFMEDIA reports on FreeBSD, from /sys/class/net on Linux. */
import { existsSync, readFileSync } from 'node:fs';
import type { MediaType } from '../rules/index.js';

const ARPHRD_ETHER = 1;
const ARPHRD_ATM = 19;

/** The media type of an interface of this machine; undefined if it does not exist or has none. */
export function probeMedia(ifname: string): MediaType | undefined {
  // The name comes from a record: it must not lead out of the folder.
  if (!/^[^/\s]{1,15}$/.test(ifname) || ifname === '.' || ifname === '..') return undefined;
  const folder = `/sys/class/net/${ifname}`;
  const type = readNumber(`${folder}/type`);
  if (type === ARPHRD_ATM) return 'atm';
  if (type !== ARPHRD_ETHER) return undefined;
  return existsSync(`${folder}/wireless`) || existsSync(`${folder}/phy80211`) ? '802.11' : 'ethernet';
}

/** The same for records of another machine: guesses the media type of a missing interface from its name. */
export function guessMedia(ifname: string): MediaType | undefined {
  const found = probeMedia(ifname);
  if (found !== undefined || ifname === '' || existsSync(`/sys/class/net/${ifname}`)) return found;
  if (/^(lo|tun|tap|gif|usbus|ppp|wg|pflog|pfsync|enc)\d*$/.test(ifname)) return undefined;
  return /^(wlan|wlp|wlx|ath|iwn|iwm|iwlwifi|ral|rtwn|rsu)/.test(ifname) ? '802.11' : 'ethernet';
}

function readNumber(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'latin1'));
  } catch {
    return undefined;
  }
}
