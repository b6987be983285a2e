import { checkConfig, describeRemark, loadConfig, type ParsedFile, readConfig } from '../../devd/index.js';

/**
 * `carpet devd --check FILE`: checks a file and the directories it names, as the daemon would read them, and prints one
 * line per finding.
 *
 * @returns the exit status: 1 if the daemon would refuse a file
 */
export function check(path: string): number {
  const main = readConfig(path);
  const { files, problems, warnings } = main.error === undefined ? loadConfig(path) : onlyMain(path, main);
  for (const problem of problems) print(problem, 'error');
  for (const warning of [...checkConfig(files), ...warnings])
    print(describeRemark(warning.file, warning), 'warning');
  return problems.length > 0 ? 1 : 0;
}

function onlyMain(path: string, main: ParsedFile) {
  const problems = main.error === undefined ? [] : [describeRemark(path, main.error)];
  return { files: [main], problems, warnings: [] };
}

/** `file:line:column: warning: message`, as compilers write it. */
function print(line: string, severity: 'error' | 'warning'): void {
  const [, place = '', message = line] = /^(.*?:\d+:\d+): (.*)$/s.exec(line) ?? [];
  process.stdout.write(`${place === '' ? '' : `${place}: `}${severity}: ${message}\n`);
}
