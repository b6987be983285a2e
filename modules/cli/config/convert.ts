import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Conversion, conversionText, convertCarpJson, convertKeepalived } from '../../boot/index.js';
import { fileErrorReason } from '../../host/index.js';
import { UsageError } from '../failure.js';
import { convertUcarp } from './convert-ucarp.js';

/** Converts a carp.json or a keepalived.conf, the latter also to VRRP. @throws UsageError, CarpetError ESETTINGS */
export function convert(
  file: string | undefined,
  rest: readonly string[],
  to: 'carp' | 'vrrp' = 'carp',
): void {
  if (file === undefined || rest.length > 0)
    throw new UsageError('name one file: a carp.json or a keepalived.conf, or --ucarp -- OPTIONS of ucarp');
  const text = read(file);
  const isJson = /^\s*\{/.test(text);
  if (isJson && to === 'vrrp') throw new UsageError(`${file} holds vhids of CARP: ${ONLY_KEEPALIVED}`);
  if (!isJson && !/\bvrrp_instance\b|^\s*include/m.test(text))
    throw new UsageError(`${file} has no vrrp_instance: name the keepalived.conf that has them`);
  print(isJson ? convertCarpJson(text, resolve(file)) : convertKeepalived(text, file, to), file);
}

const ONLY_KEEPALIVED = '--vrrp is for a keepalived.conf';

/** Converts the options of ucarp(8). @throws UsageError */
export function convertCommandLine(args: readonly string[], to: 'carp' | 'vrrp'): void {
  if (to === 'vrrp') throw new UsageError(`ucarp speaks CARP: ${ONLY_KEEPALIVED}`);
  print(convertUcarp(args), 'a command line of ucarp');
}

/** The settings on standard output, the remarks on standard error: the first can be sent into a file. */
function print(conversion: Conversion, origin: string): void {
  process.stdout.write(conversionText(conversion, origin));
  for (const remark of conversion.remarks) process.stderr.write(`remark: ${remark}\n`);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = fileErrorReason(error);
    throw new UsageError(`cannot read ${file}: ${reason}: name a carp.json or a keepalived.conf`);
  }
}
