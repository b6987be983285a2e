import type { Json, StateStore } from '../../../../core/index.js';

/** A store that lives on when its host does not. `writes`: how many there were. */
export function memory(): StateStore & { writes: number } {
  const kept = new Map<string, Json>();
  return {
    writes: 0,
    read: (name) => kept.get(name),
    write(name, state) {
      kept.set(name, state);
      this.writes++;
      return Promise.resolve(true);
    },
  };
}
