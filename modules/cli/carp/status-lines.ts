import type { StatusDocument, VhidStatus } from '../../carp-status/index.js';
import { day, timeOfDay } from '../log/time.js';

/** A document as `carpet carp --status` prints it. @param netns the reader's own network namespace */
export function statusLines({ pid, netns: other, ...document }: StatusDocument, netns: number): string[] {
  const where = other === netns ? '' : ` in the network namespace ${other}`;
  const demotion = document.demotion === 0 ? '' : `, demotion ${document.demotion}`;
  const counters = Object.entries(document.statistics).map(([name, value]) => `${name} ${value}`);
  return [
    `process ${pid}${where}${demotion}`,
    ...document.vhids.flatMap((vhid) => vhidLines(vhid).map((line) => `\t${line}`)),
    ...(counters.length > 0 ? [`\tcounters: ${counters.join(', ')}`] : []),
  ];
}

function vhidLines(vhid: VhidStatus): string[] {
  const { advbase, advskew, advskewSent, muteFamilies = [], unheardFamilies = [], demotedBy = [] } = vhid;
  const sent = advskewSent === advskew ? '' : ` (${advskewSent} sent)`;
  return [
    `${vhid.ifname}: ${vhid.state} vhid ${vhid.vhid} since ${localTime(new Date(vhid.since))}`,
    ...(vhid.master === undefined ? [] : [`\tmaster ${masterText(vhid.master)}`]),
    `\tadvbase ${advbase} advskew ${advskew}${sent}`,
    ...(vhid.demotions?.map(demotionText) ?? demotedBy.map((reason) => `\tdemoted: ${reason}`)),
    `\taddresses ${vhid.addresses.join(', ')}`,
    ...muteFamilies.map((family) => `\tcannot advertise over IPv${family}`),
    ...unheardFamilies.map((family) => `\tthe master is not heard over IPv${family}`),
    ...(vhid.virtualMac === undefined ? [] : [`\tvirtual MAC ${vhid.virtualMac}${on(vhid.virtualIfname)}`]),
  ];
}

/** `demoted by 240 for 12 s: check nginx failed (health)`. */
function demotionText({
  amount,
  age,
  reason,
  by,
  on: whom,
}: NonNullable<VhidStatus['demotions']>[number]): string {
  const time = age === undefined ? '' : ` for ${Math.round(age / 1000)} s`;
  return `\tdemoted by ${amount}${time}: ${reason} (${by}, ${whom})`;
}

/** `10.0.0.2 advbase 1 advskew 0 sealed, heard 0.4 s ago`. */
function masterText({
  address,
  advbase,
  advskew,
  sealed,
  heardAgo,
}: NonNullable<VhidStatus['master']>): string {
  const timers = `advbase ${advbase} advskew ${advskew}${sealed ? ' sealed' : ''}`;
  return `${address} ${timers}, heard ${(heardAgo / 1000).toFixed(1)} s ago`;
}

function on(ifname: string | undefined): string {
  return ifname === undefined ? ', whose interface is missing' : ` on ${ifname}`;
}

function localTime(date: Date): string {
  return `${day(date)} ${timeOfDay(date)}`;
}
