import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { CarpetError } from '../../../core/index.js';
import { type Conversion, passwordPath, passwordRemark } from './conversion.js';

const schema = v.strictObject({
  sysctl: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()]))),
  vhids: v.array(v.record(v.string(), v.unknown())),
});

/**
 * Converts the settings file of `carpet carp`.
 *
 * @param file its path: a `passfile` counts from its folder
 * @throws CarpetError ESETTINGS when it is none
 */
export function convertCarpJson(text: string, file: string): Conversion {
  const { sysctl, vhids } = parse(text, file);
  const remarks: string[] = [];
  const settings = {
    ...(sysctl && { sysctl }),
    modules: { carp: { vhids: vhids.map((vhid, index) => convertVhid(vhid, index, file, remarks)) } },
  };
  return { settings, remarks };
}

function parse(text: string, file: string): v.InferOutput<typeof schema> {
  try {
    return v.parse(schema, JSON.parse(text));
  } catch {
    // What is wrong may stand next to a password.
    throw new CarpetError(
      'ESETTINGS',
      `${file} is not a settings file of carpet carp: see carpet carp -f ${file}`,
    );
  }
}

function convertVhid(vhid: Record<string, unknown>, index: number, file: string, remarks: string[]): object {
  const { password, passfile, ...rest } = vhid;
  if (typeof passfile === 'string') return { ...rest, passwordFile: resolve(dirname(file), passfile) };
  const path = passwordPath(`carp-${String(vhid['vhid'])}`);
  if (password !== undefined) remarks.push(`vhids[${index}]: ${passwordRemark(path)}`);
  return { ...rest, passwordFile: path };
}
