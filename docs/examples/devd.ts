/** devd in a program of your own: a rule runs a command for a record that the program makes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kernel } from 'carpet-kernel';
import { DevctlModule } from 'carpet-kernel/devctl';
import { DevdModule } from 'carpet-kernel/devd';

const folder = mkdtempSync(join(tmpdir(), 'carpet-example-'));
const config = join(folder, 'devd.conf');
const report = join(folder, 'report');
writeFileSync(
  config,
  `notify 10 {
  match "system" "BACKUP";
  match "type"   "DONE";
  action "echo $subsystem: $files files of $label >> ${report}";
};
`,
);

const kernel = new Kernel();
const devctl = await kernel.load(DevctlModule);
const devd = await kernel.load(DevdModule, { config, sockets: false });

devctl.notify('BACKUP', 'nightly', 'BEGIN');
// A value is quoted for its place in the command, so the shell runs nothing that stands in it.
devctl.notify('BACKUP', 'nightly', 'DONE', { files: 4711, label: '$(reboot); home' });
await devd.settled();
await kernel.shutdown();

console.log(readFileSync(report, 'utf8').trimEnd());
rmSync(folder, { recursive: true });

/* Prints:
nightly: 4711 files of $(reboot); home
*/
