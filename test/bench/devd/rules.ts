/** Rule files of any size, mixed as real ones are: devices by vendor and product, interfaces by name, CARP, disks. */

/** None of them fires for `eth…` LINK_UP, so that throughput is measured without actions. */
export function rules(count: number): string {
  return Array.from({ length: count }, (_, i) => rule(i)).join('\n');
}

function rule(i: number): string {
  const hex = (n: number): string => `0x${n.toString(16).padStart(4, '0')}`;
  const wrap = (lines: string): string => `notify ${i % 5} { ${lines} action "logger ${i} $subsystem"; };`;
  switch (i % 5) {
    case 0:
    case 1:
      return wrap(
        `match "system" "USB"; match "subsystem" "DEVICE"; match "type" "ATTACH"; match "vendor" "${hex(i)}"; match "product" "(${hex(i + 1)}|${hex(i + 2)})";`,
      );
    case 2:
      return wrap(
        `match "system" "IFNET"; match "subsystem" "(em|igb|ix)${i}[0-9]*"; match "type" "LINK_UP";`,
      );
    case 3:
      return wrap(
        `match "system" "CARP"; match "subsystem" "${i}@(em|igb)[0-9]+"; match "type" "(MASTER|BACKUP)";`,
      );
    default:
      return wrap(
        `match "system" "DEVFS"; match "subsystem" "CDEV"; match "type" "CREATE"; match "cdev" "(da|ada)${i}(p[0-9]+)?";`,
      );
  }
}

/** The hardest case for any index: nothing but expressions on one variable, of which the last one holds. */
export function expressionRules(count: number): string {
  return Array.from(
    { length: count },
    (_, i) =>
      `notify 1 { match "subsystem" "${i === count - 1 ? '.*[a-z]+.*' : `.*x${i}[0-9]+`}"; action "x"; };`,
  ).join('\n');
}

export const RECORDS: readonly string[] = [
  '!system=IFNET subsystem=eth0 type=LINK_UP',
  '!system=IFNET subsystem=em2 type=LINK_DOWN',
  '!system=CARP subsystem=3@em0 type=MASTER',
  '!system=USB subsystem=DEVICE type=ATTACH ugen=ugen0.2 cdev=ugen0.2 vendor=0x0005 product=0x0007 devclass=0x00 devsubclass=0x00 sernum="0123456789" release=0x0100 mode=host port=1 parent=ugen0.1',
  '!system=DEVFS subsystem=CDEV type=CREATE cdev=da9p1',
  '!system=IFNET subsystem=eth0 type=ADDR_ADD address=192.0.2.7',
];

/** As large as the largest rule file that is known: a table of USB devices. */
export function largeFile(): string {
  let text = '# devices and their drivers\n';
  for (let i = 0; text.length < 122_000; i++) {
    text += `nomatch 32 {\n\tmatch "bus" "uhub[0-9]+";\n\tmatch "mode" "host";\n\tmatch "vendor" "0x${(i * 7).toString(16).padStart(4, '0')}";\n\tmatch "product" "(0x0001|0x0a${(i % 90) + 10})";\n\taction "kldload -n driver${i}";\n};\n\n`;
  }
  return text;
}
