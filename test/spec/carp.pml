/*
 * CARP's election as docs/carp.md tells it ("Elections and ties"), without a line of the code's: hosts on one segment that
 * share one address, with different skews, so that no tie is drawn by lot.
 *
 * Time passes in eighths of a second. An advertisement takes no time: it arrives before anything else happens, or is lost.
 * A host crashes, and starts again, at a moment at which something else has happened.
 *
 *   spin -DHOSTS=2 -DPREEMPT=0 …     the settings
 *   -DTRACE                          prints every step with the states after it
 *   -DSCRIPT                         takes the steps of steps.pml, and no others: STEPS, step_of, host_of
 *
 * What must hold: see `settled` below.
 */

#ifndef HOSTS
#define HOSTS 2
#endif
#ifndef PREEMPT
#define PREEMPT 0
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

#define OFF 0
#define BACKUP 1
#define MASTER 2

/* A second is the interval of the best host; each of the others takes an eighth longer than the one before it. */
#define INTERVAL(host) (8 + (host))
#define DEAD(host) (24 + (host))
#define NOBODY HOSTS
/* Two dead times of the worst host. */
#ifndef BOUND
#define BOUND (2 * DEAD(HOSTS - 1))
#endif
#define LONG 31

byte state[HOSTS];
/* Until the host's timer fires: the master-down timer of a BACKUP, the advertisement timer of a MASTER. */
byte left[HOSTS];
/* Since its last advertisement. */
byte silent[HOSTS];
/* The master that a BACKUP waits for, and since when it has not said so. */
byte followed[HOSTS];
byte unheard[HOSTS];
/* Advertisements under way: from, to. */
chan wire = [6 * HOSTS] of { byte, byte };
byte crashes = CRASHES;
/* Since something last went wrong. */
byte quiet;
/* A timer has fired since time last passed, or the hosts have just started. */
bool busy = true;

#ifdef TRACE
int now;
#define TELL(step, a, b) printf("%d %d %d %d:", now, step, a, b); tell()
#else
#define TELL(step, a, b) skip
#endif

inline tell() {
  d_step {
    k = 0;
    do
    :: k < HOSTS -> printf(" %d", state[k]); k++
    :: else -> break
    od;
    printf("\n");
    k = 0
  }
}

inline advertise(host) {
  d_step {
    i = 0;
    do
    :: i < HOSTS ->
      if
      :: i != host -> wire!host, i
      :: else
      fi;
      i++
    :: else -> break
    od;
    i = 0;
    silent[host] = 0
  }
}

inline listen(host) {
  state[host] = BACKUP;
  left[host] = DEAD(host);
  followed[host] = NOBODY;
  unheard[host] = 0;
  silent[host] = 0
}

inline lead(host) {
  state[host] = MASTER;
  left[host] = INTERVAL(host);
  followed[host] = NOBODY;
  unheard[host] = 0;
  advertise(host)
}

inline follow(host, master) {
  left[host] = DEAD(host);
  followed[host] = master;
  unheard[host] = 0
}

/* A worse MASTER speaks for the last time when a better one, which this host follows, is alive: it yields to that. */
#define LAST_WORD(host, worse) \
  (followed[host] != NOBODY && followed[host] != worse && 2 * unheard[host] < 3 * INTERVAL(followed[host]))

/* The lower number has the shorter interval: it is the better host. */
inline hear(host, peer) {
  if
  :: state[host] == BACKUP && host < peer && PREEMPT && !LAST_WORD(host, peer) -> lead(host)
  :: state[host] == BACKUP && host < peer && PREEMPT && LAST_WORD(host, peer) -> skip
  :: state[host] == BACKUP && !(host < peer && PREEMPT) -> follow(host, peer)
  :: state[host] == MASTER && host < peer ->
    /* It answers at once, if its own last word is old. */
    if
    :: 4 * silent[host] > INTERVAL(host) -> advertise(host); left[host] = INTERVAL(host)
    :: else
    fi
  :: state[host] == MASTER && host > peer ->
    /* It yields, with one more word, so that the other knows whom the neighbours have learnt. */
    advertise(host);
    listen(host);
    follow(host, peer)
  fi
}

inline fire(host) {
  if
  :: state[host] == MASTER -> advertise(host); left[host] = INTERVAL(host)
  :: state[host] == BACKUP -> lead(host)
  fi;
  busy = true
}

inline pass() {
  d_step {
    i = 0;
    do
    :: i < HOSTS ->
      if
      :: state[i] != OFF ->
        left[i]--;
        if :: silent[i] < LONG -> silent[i]++ :: else fi;
        if :: followed[i] != NOBODY && unheard[i] < LONG -> unheard[i]++ :: else fi
      :: else
      fi;
      i++
    :: else -> break
    od;
    i = 0;
    busy = false;
    if :: quiet < BOUND -> quiet++ :: else fi
  }
#ifdef TRACE
  now++
#endif
}

#define DUE(host) (state[host] != OFF && left[host] == 0)
#if HOSTS == 2
#define ANY_DUE (DUE(0) || DUE(1))
#define LIVING ((state[0] != OFF) + (state[1] != OFF))
#define MASTERS ((state[0] == MASTER) + (state[1] == MASTER))
#define BEST (state[0] != OFF -> 0 : 1)
#else
#define ANY_DUE (DUE(0) || DUE(1) || DUE(2))
#define LIVING ((state[0] != OFF) + (state[1] != OFF) + (state[2] != OFF))
#define MASTERS ((state[0] == MASTER) + (state[1] == MASTER) + (state[2] == MASTER))
#define BEST (state[0] != OFF -> 0 : (state[1] != OFF -> 1 : 2))
#endif

/* When nothing has gone wrong for so long there is one MASTER; the best host, if it preempts. */
inline settled() {
  assert(quiet < BOUND || LIVING == 0 || MASTERS == 1);
  assert(quiet < BOUND || LIVING == 0 || !PREEMPT || state[BEST] == MASTER)
}

/* Steps, as they are told and asked for. */
#define TAKE 0
#define LOSE 1
#define FIRE 2
#define CRASH 3
#define START 4

/* A script says which of the possible steps is taken next. Who speaks to whom follows from what was said. */
#ifdef SCRIPT
#include "steps.pml"
int at;
#define ASKED(step) (at < STEPS && step_of[at] == step)
#define ASKED_OF(step, host) (ASKED(step) && host_of[at] == host)
#define DONE at++
#define MAY_PASS (at < STEPS && step_of[at] == FIRE)
#else
#define ASKED(step) true
#define ASKED_OF(step, host) true
#define DONE skip
#define MAY_PASS true
#endif

/* Nothing is under way, and a host does something of its own accord, or has it done to it. */
#define IDLE (empty(wire))

/* What is sent to a host that is off cannot be lost besides. */
#if HOSTS == 2
#define TO_NOBODY ((state[0] == OFF && wire?[_, 0]) || (state[1] == OFF && wire?[_, 1]))
#else
#define TO_NOBODY ((state[0] == OFF && wire?[_, 0]) || (state[1] == OFF && wire?[_, 1]) || (state[2] == OFF && wire?[_, 2]))
#endif

#define ITSELF(host) \
  :: atomic { IDLE && DUE(host) && ASKED_OF(FIRE, host) -> fire(host); TELL(FIRE, host, host); DONE } \
  :: atomic { IDLE && busy && crashes > 0 && state[host] != OFF && ASKED_OF(CRASH, host) -> \
      state[host] = OFF; left[host] = 0; silent[host] = 0; followed[host] = NOBODY; unheard[host] = 0; \
      crashes--; quiet = 0; TELL(CRASH, host, host); DONE } \
  :: atomic { IDLE && busy && state[host] == OFF && ASKED_OF(START, host) -> \
      listen(host); quiet = 0; TELL(START, host, host); DONE }

init {
  byte i, k, from, to;
  d_step {
    i = 0;
    do
    :: i < HOSTS -> listen(i); i++
    :: else -> break
    od;
    i = 0
  }
  do
  :: atomic { nempty(wire) && ASKED(TAKE) -> wire?from, to;
      if
      :: state[to] == OFF
      :: else -> hear(to, from)
      fi;
      TELL(TAKE, from, to); from = 0; to = 0; DONE }
  :: atomic { nempty(wire) && !TO_NOBODY && ASKED(LOSE) -> wire?from, to;
      quiet = 0;
      TELL(LOSE, from, to); from = 0; to = 0; DONE }
  ITSELF(0)
  ITSELF(1)
#if HOSTS > 2
  ITSELF(2)
#endif
  :: atomic { IDLE && !ANY_DUE && LIVING > 0 && MAY_PASS -> pass(); settled() }
#ifdef SCRIPT
  :: atomic { at == STEPS -> printf("played\n"); break }
#endif
  od
}
