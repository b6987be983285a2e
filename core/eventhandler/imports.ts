/**
 * Which import declares an event of carpet's own modules: for the compiler to say where that import is missing. A program
 * that has the import does not need this.
 */
export interface EventImports {
  address_conflict_event: 'carpet-kernel/acd';
  carp_state_event: 'carpet-kernel/carp';
  carp_reassert_event: 'carpet-kernel/carp';
  carp_heard_event: 'carpet-kernel/carp';
  carp_advertise_event: 'carpet-kernel/carp';
  carp_drain_event: 'carpet-kernel/carp';
  carp_undrain_event: 'carpet-kernel/carp';
  carp_demote_event: 'carpet-kernel/carp';
  devctl_event: 'carpet-kernel/devctl';
  power_profile_change: 'carpet-kernel/devctl/linux';
  random_adaptor_attach: 'carpet-kernel/devctl/linux';
  register_framebuffer: 'carpet-kernel/devctl/linux';
  unregister_framebuffer: 'carpet-kernel/devctl/linux';
  usb_dev_configured: 'carpet-kernel/devctl/linux';
  health_event: 'carpet-kernel/health';
  vm_lowmem: 'carpet-kernel/host';
  power_suspend: 'carpet-kernel/host';
  acpi_sleep_event: 'carpet-kernel/host';
  acpi_wakeup_event: 'carpet-kernel/host';
  power_resume: 'carpet-kernel/host';
  vm_generation_event: 'carpet-kernel/host';
  process_fork: 'carpet-kernel/host';
  process_exec: 'carpet-kernel/host';
  process_exit: 'carpet-kernel/host';
  process_ctor: 'carpet-kernel/host';
  process_dtor: 'carpet-kernel/host';
  machine_exec: 'carpet-kernel/host';
  thread_ctor: 'carpet-kernel/host';
  thread_dtor: 'carpet-kernel/host';
  app_coredump_start: 'carpet-kernel/host';
  app_coredump_progress: 'carpet-kernel/host';
  app_coredump_finish: 'carpet-kernel/host';
  app_coredump_error: 'carpet-kernel/host';
  vfs_mounted: 'carpet-kernel/host';
  vfs_unmounted: 'carpet-kernel/host';
  mountroot: 'carpet-kernel/host';
  watchdog_list: 'carpet-kernel/host';
  host_reload: 'carpet-kernel/host';
  ifnet_arrival_event: 'carpet-kernel/ifnet';
  ifnet_departure_event: 'carpet-kernel/ifnet';
  ifnet_release_event: 'carpet-kernel/ifnet';
  ifnet_rename_event: 'carpet-kernel/ifnet';
  ifnet_event: 'carpet-kernel/ifnet';
  ifnet_link_event: 'carpet-kernel/ifnet';
  ifnet_mtu_event: 'carpet-kernel/ifnet';
  ifaddr_event: 'carpet-kernel/ifnet';
  iflladdr_event: 'carpet-kernel/ifnet';
  group_attach_event: 'carpet-kernel/ifnet';
  group_detach_event: 'carpet-kernel/ifnet';
  group_change_event: 'carpet-kernel/ifnet';
  if_clone_event: 'carpet-kernel/ifnet';
  vlan_config: 'carpet-kernel/ifnet';
  vlan_unconfig: 'carpet-kernel/ifnet';
  lle_event: 'carpet-kernel/ifnet';
  route_redirect_event: 'carpet-kernel/ifnet';
  bpf_track: 'carpet-kernel/ifnet';
  netdev_notify_peers: 'carpet-kernel/notify-peers';
  vip_state_event: 'carpet-kernel/vip';
  vrrp_advertise_event: 'carpet-kernel/vrrp';
  vrrp_heard_event: 'carpet-kernel/vrrp';
  vrrp_state_event: 'carpet-kernel/vrrp';
}
