/** A USB device, by its identifiers. */
export interface UsbDevice {
  readonly name: string;
  readonly vendor: number;
  readonly product: number;
}

declare module 'carpet-kernel' {
  interface EventHandlers {
    /** The machine runs on AC power now (`performance`), or on its battery (`economy`). */
    power_profile_change(profile: 'performance' | 'economy'): void;
    /** A source of randomness has been loaded, and feeds the kernel: one of hw_random's. */
    random_adaptor_attach(name: string): void;
    /** A frame buffer is registered, such as `fb0`. */
    register_framebuffer(name: string): void;
    /** A frame buffer is deregistered. */
    unregister_framebuffer(name: string): void;
    /** A USB device has been configured: its driver has chosen a configuration. */
    usb_dev_configured(device: UsbDevice): void;
  }
}
