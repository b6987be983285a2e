/** Who of several users gets one of few places. Knows no sockets. */

/** A client, as far as places are concerned. */
export interface Guest {
  readonly uid: number;
}

export interface PlaceLimits {
  readonly total: number;
  /** Of one user. */
  readonly user: number;
}

/** What becomes of a newcomer: it is served, in the place of another, or not yet. */
export type Admission<T> =
  | { readonly serve: true; readonly instead: T | undefined }
  | { readonly serve: false };

/**
 * A user other than the trusted ones has at most `user` places. When all are taken, the oldest client of the user who has
 * most makes room, if that user has more than the newcomer's will have: so one user cannot lock out the others. Clients
 * of trusted users are never made to.
 *
 * @param served oldest first
 */
export function admit<T extends Guest>(
  served: Iterable<T>,
  { uid }: Guest,
  limits: PlaceLimits,
  isTrusted: (uid: number) => boolean,
): Admission<T> {
  const places = new Map<number, T[]>();
  let total = 0;
  for (const guest of served) {
    total++;
    places.set(guest.uid, [...(places.get(guest.uid) ?? []), guest]);
  }
  const own = places.get(uid)?.length ?? 0;
  if (own >= limits.user && !isTrusted(uid)) return { serve: false };
  if (total < limits.total) return { serve: true, instead: undefined };
  let most: T[] = [];
  for (const [user, guests] of places) if (!isTrusted(user) && guests.length > most.length) most = guests;
  return most.length > own + 1 ? { serve: true, instead: most[0] } : { serve: false };
}
