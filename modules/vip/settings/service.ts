import * as v from 'valibot';
import { routeSettings } from '../route/settings.js';
import { about, hostAddress, integer, milliseconds } from './values.js';

/** Announcements more often than this would be a flood. */
const MIN_GARP_REFRESH_MS = 100;

/** The longest dead time of CARP: longer would be for ever. */
const MAX_LIFETIME_S = 65_025;

/** How the addresses of a virtual host are put in place and announced, and what comes with them: for every protocol. */
export const serviceSettings = {
  manageAddresses: about(
    'Add the addresses to the interface as MASTER and remove them otherwise.',
    v.optional(v.boolean('must be true or false'), true),
  ),
  provider: about(
    'What puts the addresses in place: `netlink`, on the interface; `macvlan`, on a virtual one, as virtualMac `service`; `none`, an election without an address; or the name of one that a module has registered.',
    v.optional(
      v.pipe(v.string('is not a name'), v.regex(/^[\w.-]{1,64}$/, 'is not a name of letters, digits, . _ -')),
      'netlink',
    ),
  ),
  lifetime: about(
    'Seconds after which the host removes the addresses of a MASTER that does not renew them: no address outlives a process that is killed, stopped or hangs. `auto`: less than any peer waits; `off`: never.',
    v.optional(
      v.union(
        [v.picklist(['auto', 'off']), integer(1, MAX_LIFETIME_S)],
        `is not auto, off or a whole number of seconds, 1 to ${MAX_LIFETIME_S}`,
      ),
      'auto',
    ),
  ),
  garpCount: about(
    'How often each announcement is sent, 1 to 255; default: net.link.notify_peers.count.',
    v.optional(integer(1, 255)),
  ),
  garpInterval: about(
    'Milliseconds between these; default: net.link.notify_peers.interval.',
    v.optional(milliseconds),
  ),
  nudge: about(
    'Gateways that ignore gratuitous ARP: with each announcement they are asked for their link-layer address in the name of each shared address, which they must learn to answer.',
    v.optional(v.array(hostAddress, 'is not a list of addresses'), []),
  ),
  garpRefresh: about(
    'Interval in ms, 100 or more, at which a MASTER announces them again; 0: never.',
    v.optional(
      v.pipe(
        milliseconds,
        v.check(
          (ms) => ms === 0 || ms >= MIN_GARP_REFRESH_MS,
          `is below ${MIN_GARP_REFRESH_MS} ms, and not 0`,
        ),
      ),
      0,
    ),
  ),
  ...routeSettings,
};
