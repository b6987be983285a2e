/**
 * The environment variable that carries a record's variable: DEVD_ and the name in capitals, with `_` for what a shell
 * takes in no name, so that `device-name` is DEVD_DEVICE_NAME. The whole record, `$*`, is DEVD_EVENT.
 *
 * @returns undefined for a variable that the environment lacks: `$_`, the empty name, and `event` in any case, whose
 *   place the record has
 */
export function environmentName(variable: string): string | undefined {
  if (variable === '*') return WHOLE_RECORD;
  if (variable === '' || variable === '_') return undefined;
  const name = `DEVD_${variable.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_')}`;
  return name === WHOLE_RECORD ? undefined : name;
}

const WHOLE_RECORD = 'DEVD_EVENT';
