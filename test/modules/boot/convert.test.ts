/** Settings of other programs as a settings file: each result is a valid one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import {
  type Conversion,
  checkTexts,
  conversionText,
  convertCarpJson,
  convertKeepalived,
  formatProblem,
} from '../../../modules/boot/index.js';
import { BUILTINS } from '../../../modules/builtin/index.js';
import { convertUcarp } from '../../../modules/cli/config/convert-ucarp.js';
import { Folder } from './support/folder.js';

/** Checks the text, with every password in place, and gives its values back. */
async function valid(conversion: Conversion): Promise<Record<string, unknown>> {
  using folder = new Folder();
  folder.write('pass', 'secret');
  const text = conversionText(conversion, 'a test').replace(
    /passwordFile: .*/g,
    `passwordFile: ${folder.path}/pass`,
  );
  const { problems } = await checkTexts([{ file: 'f', text }], { registry: BUILTINS });
  assert.deepEqual(problems.map(formatProblem), []);
  return parse(conversionText(conversion, 'a test')) as Record<string, unknown>;
}

const KEEPALIVED = `
! Configuration File for keepalived
$IF=eth0
global_defs {
  router_id LVS_DEVEL
  vrrp_startup_delay 5.5
  vrrp_mcast_group4 224.0.0.19
}
vrrp_script chk_nginx { script "/usr/bin/killall -0 nginx" # a comment
  interval 2
  weight -20 }
vrrp_sync_group G1
{
  group {
    VI_1
    VI_2
    VI_9
  }
  notify_master "/etc/to master.sh"
}
vrrp_instance VI_1 {
    state MASTER
    interface $IF
    virtual_router_id 51
    priority 200
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass hunter22
    }
    virtual_ipaddress {
        192.168.200.16/24 dev eth0 label eth0:1
        192.168.200.17 dev eth1
    }
    virtual_ipaddress_excluded {
        fd00::16/64
    }
    preempt_delay 300
    garp_master_refresh 60
    track_script {
        chk_nginx
    }
    notify /etc/notify.sh
}
vrrp_instance VI_2 {
    interface \${IF}
    virtual_router_id 52
    advert_int 0.5
    nopreempt
    use_vmac
    dont_track_primary
    unicast_src_ip 192.168.200.1
    unicast_peer {
        192.168.200.2
        192.168.200.3
    }
    unicast_ttl 64
    virtual_ipaddress { 192.168.201.16/32 }
    frobnicate 7
}
virtual_server 10.0.0.1 80 {
    delay_loop 6
}
`;

test("keepalived's VRRP part becomes vhids, and what has no counterpart is listed", async () => {
  const conversion = convertKeepalived(KEEPALIVED, 'k.conf');
  const { modules } = (await valid(conversion)) as { modules: { carp: { vhids: unknown[] } } };
  assert.deepEqual(modules.carp.vhids, [
    {
      ifname: 'eth0',
      vhid: 51,
      passwordFile: '/etc/carpet/VI_1.pass',
      addresses: ['192.168.200.16/24', '192.168.200.17/32', 'fd00::16/64'],
      preempt: true,
      advskew: 54,
      advbase: 1,
      garpRefresh: 60_000,
      failoverGroup: 'G1',
      startupDelay: 5500,
      group: '224.0.0.19',
    },
    {
      ifname: 'eth0',
      vhid: 52,
      passwordFile: '/etc/carpet/VI_2.pass',
      addresses: ['192.168.201.16/32'],
      preempt: false,
      advskew: 154,
      advbase: 1,
      virtualMac: 'service',
      ignoreLinkState: true,
      source: '192.168.200.1',
      peers: ['192.168.200.2', '192.168.200.3'],
      ttl: 64,
      failoverGroup: 'G1',
      startupDelay: 5500,
      group: '224.0.0.19',
    },
  ]);
  const remarks = conversion.remarks.map((line) => line.replace(/^k\.conf:/, ''));
  assert.deepEqual(
    remarks.map((line) =>
      line.replace(
        /: (no counterpart|every host|the module hooks|the module health|write|CARP signs|advert_int).*/,
        ': $1',
      ),
    ),
    [
      '5: global_defs: router_id: no counterpart',
      '9: vrrp_script chk_nginx: the module health',
      '14: G1: there is no vrrp_instance VI_9',
      '19: G1: notify_master: the module hooks',
      '21: VI_1: write',
      '22: VI_1: state: every host',
      '33: VI_1: 192.168.200.17 goes to the interface of its vhid, not to eth1: a provider of yours can put it there (docs/vip.md)',
      '38: VI_1: preempt_delay: keepalived ignores it with state MASTER',
      '40: VI_1: track_script: the module health',
      '43: VI_1: notify: the module hooks',
      '45: VI_2: CARP signs',
      '48: VI_2: advert_int',
      '59: VI_2: frobnicate: no counterpart',
      '61: virtual_server 10.0.0.1 80: keep keepalived for it, without its vrrp_instance',
      ' CARP and VRRP do not hear each other: change all hosts over together',
    ],
  );
  assert.ok(!JSON.stringify(conversion).includes('hunter22'));
});

test("keepalived's virtual_routes and virtual_rules become routes and rules, or a line for their reader", async () => {
  const conversion = convertKeepalived(
    `vrrp_instance R {
    interface eth0
    virtual_router_id 9
    virtual_ipaddress { 192.168.200.100/24 }
    virtual_routes {
        src 192.168.200.100 to 192.168.109.0/24 via 192.168.200.254 dev eth0
        192.168.110.0/24 via 192.168.200.254 dev eth1 table 10 metric 5
        blackhole 192.168.114.0/24
        default gw 192.168.200.254 onlink
        fd77::1 via fd99::254
        192.168.112.0/24 via 192.168.200.254 or 192.168.200.253
    }
    virtual_rules {
        from 192.168.200.0/24 table 10
        to fd77::/64 lookup main priority 77 iif eth1
        from all fwmark 3 table 10
        from 192.168.201.0/24 blackhole
    }
}`,
    'r.conf',
  );
  const { modules } = (await valid(conversion)) as {
    modules: { carp: { vhids: { routes: unknown; rules: unknown }[] } };
  };
  const [vhid] = modules.carp.vhids;
  assert.deepEqual(vhid!.routes, [
    { source: '192.168.200.100', to: '192.168.109.0/24', via: '192.168.200.254' },
    { to: '192.168.110.0/24', via: '192.168.200.254', dev: 'eth1', table: 10, metric: 5 },
    { kind: 'blackhole', to: '192.168.114.0/24' },
    { to: 'default', via: '192.168.200.254', onlink: true },
    { to: 'fd77::1/128', via: 'fd99::254' },
  ]);
  assert.deepEqual(vhid!.rules, [
    { from: '192.168.200.0/24', table: 10 },
    { to: 'fd77::/64', table: 254, priority: 77, iif: 'eth1' },
    { fwmark: 3, table: 10 },
  ]);
  const lines = conversion.remarks.join('\n');
  assert.match(
    lines,
    /^r\.conf:11: .*or 192\.168\.200\.253: write it by hand into routes, or into a hook \(or, 192\.168\.200\.253\)$/m,
  );
  assert.match(lines, /^r\.conf:17: .*write it by hand into rules/m);
});

test('the language of keepalived.conf: braces anywhere, quotes, comments, what is missing', async () => {
  const { settings } = convertKeepalived(
    'vrrp_instance "V 1" { interface "eth0" virtual_router_id 1\n virtual_router_id 7 # 8 }\n virtual_ipaddress\n{ 10.0.0.1\n}\n',
    'k',
  );
  const { vhids } = (settings['modules'] as { carp: { vhids: Record<string, unknown>[] } }).carp;
  assert.deepEqual(vhids[0], {
    ifname: 'eth0',
    vhid: 7,
    passwordFile: '/etc/carpet/V-1.pass',
    addresses: ['10.0.0.1/32'],
    preempt: true,
    advskew: 154,
  });
  assert.deepEqual(convertKeepalived('}}}{{{', 'k').settings, { modules: { carp: { vhids: [] } } });
});

test('a carp.json keeps all of its settings; a password that stood in it is not repeated', async () => {
  const json = {
    sysctl: { 'net.inet.carp.preempt': true },
    vhids: [
      { ifname: 'eth0', vhid: 1, passfile: 'carp.pass', addresses: ['10.0.0.1/24'], advskew: 100 },
      { ifname: 'eth0', vhid: 2, password: 'hunter2', addresses: ['10.0.0.2/24'] },
    ],
  };
  const conversion = convertCarpJson(JSON.stringify(json), '/etc/x/carp.json');
  assert.deepEqual(await valid(conversion), {
    sysctl: { 'net.inet.carp.preempt': true },
    modules: {
      carp: {
        vhids: [
          {
            ifname: 'eth0',
            vhid: 1,
            addresses: ['10.0.0.1/24'],
            advskew: 100,
            passwordFile: '/etc/x/carp.pass',
          },
          { ifname: 'eth0', vhid: 2, addresses: ['10.0.0.2/24'], passwordFile: '/etc/carpet/carp-2.pass' },
        ],
      },
    },
  });
  assert.deepEqual(conversion.remarks, [
    'vhids[1]: write the password into /etc/carpet/carp-2.pass, mode 0600: no secret stands in this file',
  ]);
  assert.ok(!JSON.stringify(conversion).includes('hunter2'));
  assert.throws(
    () => convertCarpJson('{"vhids": [{"password": "hunter2"', 'x'),
    (error: Error) => {
      assert.match(error.message, /^x is not a settings file of carpet carp/);
      return !error.message.includes('hunter2');
    },
  );
});

test("a command line of ucarp keeps its scripts in the module's settings", async () => {
  const line =
    '-i eth0 -s 10.0.0.1 -v3 --pass=hunter2 -a 10.0.0.9 -u /up -d /down -x xx -k 5 -r 4 -m 224.0.0.19 -zPnSMB -f local0';
  const conversion = convertUcarp(line.split(' '));
  assert.deepEqual(await valid(conversion), {
    modules: {
      ucarp: {
        interface: 'eth0',
        srcip: '10.0.0.1',
        vhid: 3,
        addr: '10.0.0.9',
        upscript: '/up',
        downscript: '/down',
        xparam: 'xx',
        advskew: 5,
        deadratio: 4,
        mcast: '224.0.0.19',
        shutdown: true,
        preempt: true,
        neutral: true,
        ignoreifstate: true,
        nomcast: true,
        passwordFile: '/etc/carpet/ucarp-3.pass',
      },
    },
  });
  assert.deepEqual(
    conversion.remarks.map((remark) => remark.split(':')[0]),
    ['--daemonize', '--facility', 'write the password into /etc/carpet/ucarp-3.pass, mode 0600'],
  );
  assert.ok(!JSON.stringify(conversion).includes('hunter2'));
  assert.throws(() => convertUcarp(['--nonsense']), { code: 'EUSAGE' });
});

test("keepalived's VRRP part becomes virtual routers where it is to remain VRRP", async () => {
  const conversion = convertKeepalived(KEEPALIVED, 'k.conf', 'vrrp');
  const { modules } = (await valid(conversion)) as { modules: { vrrp: { routers: unknown[] } } };
  assert.deepEqual(modules.vrrp.routers, [
    {
      ifname: 'eth0',
      vrid: 51,
      priority: 200,
      addresses: ['192.168.200.16/24', '192.168.200.17/32'],
      virtualMac: false,
      garpRefresh: 60_000,
      passwordFile: '/etc/carpet/VI_1.pass',
      failoverGroup: 'G1',
      startupDelay: 5500,
      version: 2,
      excluded: ['fd00::16/64'],
    },
    {
      ifname: 'eth0',
      vrid: 52,
      priority: 100,
      addresses: ['192.168.201.16/32'],
      virtualMac: true,
      preempt: false,
      ignoreLinkState: true,
      source: '192.168.200.1',
      peers: ['192.168.200.2', '192.168.200.3'],
      ttl: 64,
      failoverGroup: 'G1',
      startupDelay: 5500,
      version: 2,
    },
  ]);
  assert.ok(conversion.remarks.some((line) => line.endsWith('VI_2: frobnicate: no counterpart')));
  assert.ok(conversion.remarks.every((line) => !line.includes('hunter22')));
});

test('what keepalived ignores or says twice does not make settings that are refused', async () => {
  const conversion = convertKeepalived(
    `vrrp_instance four {
    interface eth0
    virtual_router_id 1
    authentication { auth_type PASS auth_pass secret }
    virtual_ipaddress {
        10.0.0.16
        10.0.0.16 label eth0:1
    }
    virtual_rules {
        to 10.0.0./24 table 2
    }
}
vrrp_instance six {
    interface eth0
    virtual_router_id 2
    authentication { auth_type PASS auth_pass secret }
    virtual_ipaddress { fd00::16 }
}
`,
    'k.conf',
    'vrrp',
  );
  const { modules } = (await valid(conversion)) as { modules: { vrrp: { routers: unknown[] } } };
  assert.deepEqual(modules.vrrp.routers, [
    {
      ifname: 'eth0',
      vrid: 1,
      priority: 100,
      addresses: ['10.0.0.16/32'],
      virtualMac: false,
      passwordFile: '/etc/carpet/four.pass',
      version: 2,
    },
    { ifname: 'eth0', vrid: 2, priority: 100, addresses: ['fd00::16/128'], virtualMac: false },
  ]);
  assert.deepEqual(conversion.remarks, [
    'k.conf:4: four: write the password into /etc/carpet/four.pass, mode 0600: no secret stands in this file',
    'k.conf:7: four: 10.0.0.16 stands here twice, and keepalived up to 2.3.2 says it twice: take it out on all hosts',
    'k.conf:10: four: to 10.0.0./24 table 2: write it by hand into rules, or into a hook (to 10.0.0./24)',
    'k.conf:16: six: authentication: version 3 has none, and keepalived ignores it too',
  ]);
});

const routerOf = (text: string): unknown => {
  const { settings } = convertKeepalived(text, 'k.conf', 'vrrp');
  return (settings as { modules: { vrrp: { routers: unknown[] } } }).modules.vrrp.routers[0];
};
const instance = (lines: string): string =>
  `vrrp_instance V {\n interface eth0\n virtual_router_id 7\n ${lines}\n}`;

test('who accepts packets to the addresses is who does with keepalived', () => {
  const accepts = (lines: string, globals = ''): unknown[] => {
    const made = routerOf(
      `global_defs {\n ${globals}\n}\n${instance(`virtual_ipaddress { 10.0.0.1/24 }\n${lines}`)}`,
    );
    const { accept = true, priority } = made as { accept?: boolean; priority: number };
    return [accept, priority];
  };
  assert.deepEqual(accepts(''), [true, 100]);
  assert.deepEqual(accepts('no_accept'), [false, 100]);
  assert.deepEqual(accepts('no_accept\n state MASTER'), [true, 255], 'the owner accepts');
  assert.deepEqual(accepts('no_accept\n priority 101\n state MASTER'), [false, 101]);
  assert.deepEqual(accepts('', 'vrrp_strict'), [false, 100]);
  assert.deepEqual(accepts('strict_mode'), [false, 100]);
  assert.deepEqual(accepts('strict_mode on\n version 3\n accept'), [true, 100]);
  assert.deepEqual(accepts('strict_mode on\n accept'), [false, 100], 'version 2 knows no accept');
  assert.deepEqual(accepts('strict_mode off', 'vrrp_strict'), [true, 100]);
});

test('strict mode leaves out what keepalived leaves out in it', async () => {
  const lines = 'authentication { auth_type PASS auth_pass abc }\n preempt_delay 3\n down_timer_adverts 5';
  const text = `global_defs {\n vrrp_strict\n}\n${instance(`virtual_ipaddress { 10.0.0.1/24 }\n${lines}`)}`;
  const conversion = convertKeepalived(text, 'k.conf', 'vrrp');
  await valid(conversion);
  const base = { ifname: 'eth0', vrid: 7, priority: 100, virtualMac: false };
  assert.deepEqual(routerOf(text), { ...base, addresses: ['10.0.0.1/24'], version: 2, accept: false });
  assert.deepEqual(
    conversion.remarks.map((line) => line.replace(/^k\.conf:\d+: V: /, '')),
    ['authentication', 'preempt_delay', 'down_timer_adverts'].map(
      (kind) => `${kind}: keepalived ignores it in strict mode`,
    ),
  );
});

test('the version of a virtual router is what keepalived would speak', () => {
  const base = { ifname: 'eth0', vrid: 7, priority: 100, virtualMac: false };
  assert.deepEqual(
    routerOf(
      `global_defs {\n vrrp_version 3\n}\n${instance('virtual_ipaddress { 10.0.0.1/24 }\n advert_int 0.25')}`,
    ),
    {
      ...base,
      addresses: ['10.0.0.1/24'],
      interval: 250,
    },
  );
  assert.deepEqual(routerOf(instance('virtual_ipaddress { fd00::1/64 }')), {
    ...base,
    addresses: ['fd00::1/64'],
  });
  assert.deepEqual(routerOf(instance('virtual_ipaddress { 10.0.0.1 }\n advert_int 0.25')), {
    ...base,
    addresses: ['10.0.0.1/32'],
    version: 2,
  });
});
