/**
 * What an advertisement needs of a part of a virtual host. A thousand of them are more than a processor's caches hold, and
 * most of the time that an advertisement takes is waiting for memory. One after the other they would wait for each object in
 * turn, since what follows depends on it; reading ahead for all packets of a batch waits for many at once.
 */
export interface Prefetched {
  /**
   * Reads what the next advertisement will need, and changes nothing.
   *
   * @returns a number without meaning, made of all that was read: a read of which nothing comes would be optimised away. A
   *   small whole one, since others are objects
   */
  prefetch(): number;
}
