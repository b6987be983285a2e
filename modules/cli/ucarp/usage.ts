/** The text of `carpet ucarp --help`. */
export const USAGE = `Usage: carpet ucarp [options]

Shares an IPv4 address with other hosts that run carpet, ucarp, or CARP of FreeBSD or OpenBSD.

  -i, --interface=<if>      network interface (default: the one that has the --srcip address)
  -s, --srcip=<ip>          real address of this host on that interface (required)
  -v, --vhid=<id>           number of the virtual host, 1 to 255 (required)
  -a, --addr=<ip>           the shared address (required)
  -o, --passfile=<file>     the password is the first line of this file
  -p, --pass=<password>     the password (any user of this host can see it for a moment: prefer --passfile)
  -b, --advbase=<seconds>   seconds between advertisements, 0 to 255 (default 1)
  -k, --advskew=<skew>      added to it in 1/256 s, 0 to 255; the host with the lowest is the master (default 0)
  -r, --deadratio=<ratio>   a master that misses this many advertisements is dead (default 3)
  -P, --preempt             take over from a master with a longer interval
  -n, --neutral             do not run the down script at start
  -u, --upscript=<file>     run as master: <file> <if> <addr> [<xparam>]
  -d, --downscript=<file>   run as backup: <file> <if> <addr> [<xparam>]
  -x, --xparam=<value>      third argument of the scripts
  -z, --shutdown            run the down script at exit
  -S, --ignoreifstate       stay master without a carrier
  -M, --nomcast             send advertisements by Ethernet broadcast
  -m, --mcast=<ip>          multicast group (default 224.0.0.18)
  -B, --daemonize           run in the background
  -f, --facility=<name>     syslog facility, or none (default daemon)
  -D, --debug               log debug lines
      --status-dir=<folder> where carpet ifconfig looks for this process (default /run/carpet)
      --no-status           hide this process from it
      --state-dir=<folder>  where it keeps what must survive a restart (default: $STATE_DIRECTORY)
  -h, --help                show this help

Signals: USR1 logs the state, USR2 hands over to another host, TERM, INT, QUIT and HUP end it; every end as master
hands over at once. Example:

  carpet ucarp -i eth0 -s 10.1.1.1 -v 1 -o /etc/carp.pass -a 10.1.1.252 -u /etc/vip-up.sh -d /etc/vip-down.sh -z
`;
