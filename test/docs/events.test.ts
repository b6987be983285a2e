/** docs/events.md names every list that is declared, with its arguments, and every list of the manual page. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** EVENTHANDLER(9), "Kernel Event Handlers". */
const MANUAL_PAGE =
  `acpi_sleep_event acpi_wakeup_event app_coredump_start app_coredump_progress app_coredump_finish
  app_coredump_error bpf_track cpufreq_levels_changed cpufreq_post_change cpufreq_pre_change dcons_poll dev_clone
  group_attach_event group_change_event group_detach_event ifaddr_event if_clone_event iflladdr_event
  ifnet_arrival_event ifnet_departure_event ifnet_link_event kld_load kld_unload kld_unload_try lle_event
  nmbclusters_change nmbufs_change maxsockets_change mountroot power_profile_change power_resume power_suspend
  process_ctor process_dtor process_exec process_exit process_fini process_fork process_init random_adaptor_attach
  register_framebuffer route_redirect_event shutdown_pre_sync shutdown_post_sync shutdown_final
  tcp_offload_listen_start tcp_offload_listen_stop thread_ctor thread_dtor thread_init thread_fini usb_dev_configured
  unregister_framebuffer vfs_mounted vfs_unmounted vlan_config vlan_unconfig vm_lowmem watchdog_list`.split(
    /\s+/,
  );

const nameOf = (signature: string): string => signature.slice(0, signature.indexOf('('));

/** The signatures that the sources declare, as they are written there, on one line each. */
function declared(): string[] {
  return ['core', 'modules'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(root, folder, file), 'utf8'))
      .flatMap((source) => [
        ...source.matchAll(/interface (?:\w+Events|EventHandlers) \{\n([\s\S]*?)\n\s*\}\n/g),
      ])
      .flatMap(([, body = '']) => [...body.matchAll(/^\s*([a-z]\w*\([^;]*\)): void;$/gm)])
      .map(([, signature = '']) =>
        signature.replace(/\s+/g, ' ').replace(/\( | \)|,\s*\)/g, (x) => x.trim()),
      ),
  );
}

function documented(): string[] {
  const page = readFileSync(join(root, 'docs/events.md'), 'utf8');
  return [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, text = '']) => text.replaceAll('\\|', '|'));
}

test('docs/events.md has every declared list, with its arguments, and no other', () => {
  assert.ok(declared().length > 60);
  const [inDocs, inSources] = [new Set(documented()), new Set(declared())];
  assert.deepEqual(
    [...inSources].filter((signature) => !inDocs.has(signature)),
    [],
    'declared, and not in docs/events.md',
  );
  assert.deepEqual(
    [...inDocs].filter((signature) => !inSources.has(signature)),
    [],
    'in docs/events.md, and not declared',
  );
});

test('the compiler’s hint names for each event of a module the folder that declares it', () => {
  const folders = readdirSync(join(root, 'modules'), { recursive: true, encoding: 'utf8' });
  const declaredIn = folders
    .filter((file) => file.endsWith('events.ts') && !file.startsWith('cli/'))
    .flatMap((file) => {
      const source = readFileSync(join(root, 'modules', file), 'utf8');
      const events = [...source.matchAll(/^\s*([a-z]\w*)\([^;]*\): void;$/gm)];
      return events.map(([, name]) => `${name}: 'carpet-kernel/${dirname(file)}'`);
    });
  const table = readFileSync(join(root, 'core/eventhandler/imports.ts'), 'utf8');
  const hinted = [...table.matchAll(/^ {2}(\w+: '.*');$/gm)].map(([, line = '']) => line);
  assert.ok(hinted.length > 50);
  assert.deepEqual(hinted.toSorted(), declaredIn.toSorted());
});

test('every list of the manual page is declared', () => {
  const names = new Set(declared().map(nameOf));
  assert.deepEqual(
    MANUAL_PAGE.filter((name) => !names.has(name)),
    [],
  );
});

/** The names of the lists on the page, those without a source apart. */
function bySource(): { real: Set<string>; none: Set<string> } {
  const page = readFileSync(join(root, 'docs/events.md'), 'utf8');
  const [real = '', none = ''] = page.split('## Declared, without a source');
  const names = (text: string): Set<string> =>
    new Set([...text.matchAll(/^\| `(\w+)\(/gm)].map(([, name]) => name!));
  return { real: names(real), none: names(none) };
}

test('what the page says to have a source is invoked, and nothing else', () => {
  const sources = ['core', 'modules']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => readFileSync(join(root, folder, file), 'utf8')),
    )
    .join('\n');
  // A declaration is not quoted; what invokes a list, or defines it to invoke it, names it as a string.
  const invoked = (name: string): boolean => sources.includes(`'${name}'`);
  const { real, none } = bySource();
  assert.deepEqual(
    [...real].filter((name) => !invoked(name)),
    [],
  );
  assert.deepEqual([...none].filter(invoked), []);
  const [served, missing] = [
    MANUAL_PAGE.filter((name) => real.has(name)),
    MANUAL_PAGE.filter((name) => none.has(name)),
  ];
  assert.deepEqual([served.length, missing.length], [45, 14]);
});
