import { checkFiles, showConfiguration } from '../../boot/index.js';
import { checkOptions, mistakes, problemLines } from '../settings-file.js';

/** Prints a settings file and its conf.d as one text, in JSON as the kernel's verb answers. @throws UsageError when it has mistakes */
export async function show(file: string, json: boolean): Promise<void> {
  const { configuration, problems, warnings } = await checkFiles(file, {
    ...checkOptions(false),
    offline: true,
  });
  for (const line of problemLines({ problems, warnings })) process.stderr.write(`${line}\n`);
  if (configuration === undefined) throw mistakes({ problems }, 'nothing is shown');
  const text = showConfiguration(configuration);
  process.stdout.write(json ? `${JSON.stringify({ text }, null, 2)}\n` : text);
}
