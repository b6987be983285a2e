/** A promise that a test holds back, and lets go when it wants. */
export function gated(): { readonly open: () => void; readonly gate: Promise<void> } {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), gate };
}

/** All that can be done now is done: promises that wait for nothing else have settled. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
