/** Files of keepalived.conf in the shapes that people write, smaller than theirs. */

/** Beside a proxy that a script looks after: who is there stays. */
const PROXY = `global_defs {
  router_id lb1
  script_user root
  enable_script_security
  vrrp_skip_check_adv_addr
  vrrp_garp_interval 0
  vrrp_gna_interval 0
}
vrrp_script chk_proxy {
  script "/bin/true"
  interval 2
  weight 2
  fall 3
  rise 2
}
vrrp_instance proxy {
  state BACKUP
  nopreempt
  interface eth0
  virtual_router_id 60
  priority 100
  advert_int 1
  authentication {
    auth_type PASS
    auth_pass PaaS-Proxy-1   # longer than the 8 bytes that are sent
  }
  virtual_ipaddress {
    192.168.200.50/24 dev eth0 label eth0:vip
  }
  track_script {
    chk_proxy
  }
}
`;

/** A router with one number outside and inside, both of which move together. */
const ROUTER = `vrrp_sync_group VG1 {
    group {
        OUTSIDE
        INSIDE
    }
}
vrrp_instance OUTSIDE {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress { 192.168.200.80 }
}
vrrp_instance INSIDE {
    state MASTER
    interface eth1
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress { 192.168.201.254/24 }
}
`;

/** Both families, in a group; version 3 ignores the password. */
const DUAL_STACK = `vrrp_instance web-ipv4 {
	state MASTER
	virtual_router_id 1
	interface eth1
	priority 200
	authentication {
		auth_type PASS
		auth_pass foobar
	}
	virtual_ipaddress {
		192.168.201.53/24
	}
}
vrrp_instance web-ipv6 {
	state MASTER
	virtual_router_id 2
	interface eth1
	priority 200
	authentication {
		auth_type PASS
		auth_pass foobar
	}
	virtual_ipaddress {
		fd00:201::35/64
	}
}
vrrp_sync_group web {
	group {
		web-ipv4
		web-ipv6
	}
}
`;

/** Version 3, below a second, from the virtual MAC, with more addresses than it advertises. */
const FAST = `global_defs {
  vrrp_version 3
  vrrp_garp_master_refresh 60
  vrrp_garp_master_repeat 2
}
vrrp_instance fast {
  interface eth0
  use_vmac
  vmac_xmit_base
  virtual_router_id 42
  priority 150
  advert_int 0.2
  preempt_delay 2
  virtual_ipaddress {
    192.168.200.60/24
    192.168.200.61/24
  }
  virtual_ipaddress_excluded {
    192.168.200.62/24
    fd00:200::62/64
  }
}
`;

/** What many begin with: strict mode, in which the password that follows is ignored, and nobody answers on the addresses. */
const STRICT = `! Configuration File for keepalived

global_defs {
   notification_email {
     root@localhost
   }
   notification_email_from keepalived@localhost
   smtp_server 127.0.0.1
   smtp_connect_timeout 30
   router_id LVS_DEVEL
   vrrp_skip_check_adv_addr
   vrrp_strict
   vrrp_garp_interval 0
   vrrp_gna_interval 0
}

vrrp_instance VI_1 {
    state MASTER            # strict: not without priority 255
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 1111
    }
    virtual_ipaddress {
        192.168.200.16
        192.168.200.17
        192.168.200.18
    }
}
`;

export const OWN_FILES: Readonly<Record<string, string>> = {
  'proxy.conf': PROXY,
  'router.conf': ROUTER,
  'dual-stack.conf': DUAL_STACK,
  'fast.conf': FAST,
  'strict.conf': STRICT,
};
