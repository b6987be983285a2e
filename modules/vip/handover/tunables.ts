/** The sysctls of a protocol, by the names that its code has for them. */
type Tunables = Readonly<Record<string, { value: number | boolean; readonly default: number | boolean }>>;
/** Their values. */
export type TunableValues = Readonly<Record<string, number | boolean>>;

/** What the sysctls of a protocol are set to. */
export function captureTunables(tunables: object): Record<string, number | boolean> {
  return Object.fromEntries(Object.entries(tunables as Tunables).map(([name, { value }]) => [name, value]));
}

/**
 * Sets what a predecessor has set otherwise than by default, or otherwise than it said `before`: settings that the
 * successor's own file has made in between stay.
 *
 * @param except a name that is not set
 */
export function adoptTunables(
  tunables: object,
  values: TunableValues,
  before: TunableValues | undefined,
  except?: string,
): void {
  for (const [name, node] of Object.entries(tunables as Tunables)) {
    const [now, former] = [values[name], before?.[name] ?? node.default];
    if (now === undefined || now === former || typeof now !== typeof former) continue;
    if (name !== except) node.value = now;
  }
}
