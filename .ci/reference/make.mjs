// `npm run docs`: makes the API reference of every entry point of the package, under dist/reference.
// typedoc has a folder and a lock file of its own, because it needs a TypeScript before 7.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));

if (!existsSync(`${here}node_modules/typedoc`)) {
  const args = ['ci', '--prefix', here, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(1);
}
const { Application, LogLevel } = await import('typedoc');

const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
/** The name by which a program imports an entry point, by its source. */
const names = new Map(
  Object.entries(exports)
    .filter(([, file]) => file.endsWith('.js'))
    .map(([name, file]) => [
      file.replace(/^\.\/dist\/(.*)\.js$/, `${root}$1.ts`),
      `carpet-kernel${name.slice(1)}`,
    ]),
);

const app = await Application.bootstrap({
  name: 'carpet-kernel',
  readme: `${root}README.md`,
  entryPoints: [...names.keys()],
  tsconfig: `${here}tsconfig.json`,
  excludeInternal: true,
  disableGit: true,
  sourceLinkTemplate: '../../../{path}',
  router: 'structure',
  validation: { notExported: false, invalidLink: true, invalidPath: true },
});
// Of settings whose types are computed it warns about every member; broken links are worth a warning.
app.logger.level = LogLevel.Error;
const project = await app.convert();
app.logger.level = LogLevel.Warn;
if (project === undefined) process.exit(1);
for (const module of project.children ?? []) {
  module.name = names.get(module.sources?.[0]?.fullFileName) ?? module.name;
}
app.validate(project);
await app.generateDocs(project, `${root}dist/reference`);
if (app.logger.hasErrors()) process.exit(1);
