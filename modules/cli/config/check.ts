import { checkFiles } from '../../boot/index.js';
import { checkOptions, problemLines } from '../settings-file.js';

/** Prints what is wrong with a settings file. @returns the exit status: 1 when there is a mistake */
export async function check(file: string, json: boolean): Promise<number> {
  const { configuration, problems, warnings } = await checkFiles(file, {
    ...checkOptions(true),
    offline: true,
  });
  const modules = configuration?.modules.map(({ name }) => name) ?? [];
  if (json) process.stdout.write(`${JSON.stringify({ problems, warnings, modules }, null, 2)}\n`);
  else {
    for (const line of problemLines({ problems, warnings })) process.stdout.write(`${line}\n`);
    if (configuration !== undefined)
      process.stdout.write(`${file}: no mistakes; loads ${modules.join(', ')}\n`);
  }
  return configuration === undefined ? 1 : 0;
}
