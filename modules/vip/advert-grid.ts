/** 1/8 s, so that a whole second is a multiple of it. */
export const ADVERT_GRID_MS = 125;

/**
 * Moves the first advertisement of a term forward by up to 1/8 s, so that those with the same interval advertise in the
 * same tick: a process with a thousand of them, of whole seconds, then wakes up eight times a second and not a thousand
 * times, and so does each of its peers. Intervals shorter than a second are left alone.
 *
 * @param deadline when it is due, on the kernel's clock in ms
 * @param interval between two advertisements, in ms
 */
export function alignToGrid(deadline: number, interval: number): number {
  return interval < 8 * ADVERT_GRID_MS ? deadline : Math.floor(deadline / ADVERT_GRID_MS) * ADVERT_GRID_MS;
}
