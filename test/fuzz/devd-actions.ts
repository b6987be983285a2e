/**
 * Random actions that shells can read: commands with words of every kind, in pipes, lists, groups and loops, in backticks and
 * in scripts within scripts. Mere pieces of text seldom come to more than an error of syntax.
 */
import fc from 'fast-check';

const words = (text: string): string[] => text.trim().split(/\s+/);

/** A value, bare, in quotes, and beside other text. Templates take two dollar signs for one of the shell's. */
const value = fc.constantFrom(
  ...words("$x $y '$x' a$x $x$y '$x'a ./$x x/$x -$x -c$x --a=$x =$x $x= a=$x a'$x' '-c'$x , ~$x"),
  "'a $x'",
  "' $x'",
  "'a; $x'",
  "'nice $x'",
  "'a[$x'",
  "'$x $y'",
  '"$x"',
  '"a $x"',
);
const expansion = fc.constantFrom(
  ...words(
    '${DEVD_X} $$DEVD_Y ${a} "${DEVD_X}" "${a}" $$1 $$* "$$@" ${SH} ${_} $$_ $$? ${a:-b} ${DEVD_X:-b} ${DEVD_X##*/} ${#a}',
  ),
);
const plain = fc.constantFrom(
  ...words(`
    a b 1 5 0 -c -n -e -s -x -u -k -v -t -i -p -o -l -- - + -ec -cx --norc --command --command= -n5 -lc root host f ./f x/f
    = != -eq -lt -nt -a ! ] %s %d '%s' in * [a] ~ A=1 a=1 TERM +x -exec exec sh
  `),
);
/** What shells read differently, or differently when they read it twice: with one of them the action is refused. */
const odd = fc.constantFrom(
  ...words('\\\\$x $$$x A=$x ?$x a+=1 a[1]=$x {} {a,b} >&$x <<E &>f $$((1+$x)) ${a:-$x} <(cat) a\\\\ # #$x'),
);
const names = words(`
  echo printf logger true : cat tee cp touch ls install sort find tar git print
  sh bash dash ksh93 mksh su runuser capsh sg ssh eval trap . source read export unset set shift exit test [
  env nice nohup timeout sudo exec command builtin time busybox xargs setsid awk sed perl perl5.36.0 ./f a $x x/$x
`);
const name = fc.constantFrom(...names);
/** Those that run others, as they are mostly written. */
const wrapper = fc.constantFrom(
  'sudo ',
  'sudo -u root ',
  'env A=1 ',
  'env a=$x ',
  'nice -n 5 ',
  'timeout 5 ',
  'timeout -k 5 5 ',
  'exec ',
  'command ',
  'busybox ',
  'xargs ',
  'time ',
  'flock -n f ',
  'setsid -w ',
  'nohup ',
  'a=$x ',
  'a=1 ',
);
const redirection = fc.constantFrom(...words('>f >>f <f 2>&1 >$x <$x >f$x 2>/dev/null <>f >|f'), '> f');

/** A text as one word in single quotes. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const separator = fc.constantFrom(' ; ', ' & ', ' && ', ' || ', '\n', ' | ', '|', ';', ' |\n', '\n', ' ;\n');

const { action } = fc.letrec<{ action: string; list: string; command: string; word: string; script: string }>(
  (tie) => ({
    action: tie('list'),
    list: fc.oneof(
      { weight: 5, arbitrary: tie('command') },
      {
        weight: 2,
        arbitrary: fc.tuple(tie('command'), separator, tie('list')).map((parts) => parts.join('')),
      },
    ),
    command: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      {
        weight: 10,
        arbitrary: fc
          .tuple(
            fc.array(wrapper, { maxLength: 2, size: 'small' }),
            name,
            fc.array(fc.tuple(fc.constantFrom(' ', ' ', ' ', '  ', ''), tie('word')), { maxLength: 5 }),
          )
          .map(
            ([before, first, rest]) =>
              `${before.join('')}${first}${rest
                .flat()
                .join('')
                .replace(/^(?! )/, ' ')}`,
          ),
      },
      {
        weight: 3,
        arbitrary: fc
          .tuple(
            fc.array(wrapper, { maxLength: 1 }),
            fc.constantFrom(
              'sh -c ',
              'bash -ec ',
              'su root -c ',
              'eval ',
              'trap ',
              'su -c',
              'capsh -- -c ',
              'mksh -c ',
              'sg root ',
            ),
            tie('script'),
            fc.constantFrom('', '', ' $x', ' EXIT', ' a $x'),
          )
          .map((parts) => parts.flat().join('')),
      },
      { weight: 1, arbitrary: tie('list').map((list) => `( ${list} )`) },
      { weight: 1, arbitrary: tie('list').map((list) => `{ ${list}\n}`) },
      {
        weight: 1,
        arbitrary: fc.tuple(tie('list'), tie('list')).map(([a, b]) => `if ${a}\nthen ${b}\nfi`),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(tie('word'), tie('list'))
          .map(([word, list]) => `for a in ${word}; do ${list}\ndone`),
      },
      {
        weight: 1,
        arbitrary: tie('list').map((list) => `while read a; do ${list}\ndone`),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(tie('word'), tie('word'), tie('list'))
          .map(([word, pattern, list]) => `case ${word} in ${pattern}) ${list} ;; *) : ;; esac`),
      },
    ),
    word: fc.oneof(
      { maxDepth: 4 },
      { weight: 6, arbitrary: value },
      { weight: 6, arbitrary: plain },
      { weight: 2, arbitrary: expansion },
      { weight: 2, arbitrary: redirection },
      { weight: 1, arbitrary: fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: odd }) },
      { weight: 1, arbitrary: tie('list').map((list) => `\`${list}\``) },
      { weight: 1, arbitrary: tie('list').map((list) => `$$(${list})`) },
    ),
    script: tie('list').map(quoted),
  }),
);

export { action };
