import { fileSchema } from '../../boot/index.js';
import { BUILTINS } from '../../builtin/index.js';

/** Prints the JSON Schema of the settings file. */
export async function schema(): Promise<void> {
  process.stdout.write(`${JSON.stringify(await fileSchema(BUILTINS), null, 2)}\n`);
}
