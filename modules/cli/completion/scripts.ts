/** The shells that there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const BASH = `_carpet() {
  local cur words cword
  if declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref -n =:@ cur words cword
  else
    cur=\${COMP_WORDS[COMP_CWORD]} words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD
  fi
  local IFS=$'\\n'
  COMPREPLY=($(carpet completion words -- "\${words[@]:1:cword}" 2>/dev/null))
  if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions "$cur"; fi
}
complete -o default -F _carpet carpet
`;

const ZSH = `#compdef carpet
_carpet() {
  local -a found
  found=("\${(@f)$(carpet completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n $found ]]; then compadd -a found; else _files; fi
}
compdef _carpet carpet
# As a file on fpath this is the function itself, called for the first time.
if [[ $funcstack[1] == _carpet ]]; then _carpet "$@"; fi
`;

const FISH = `function __carpet_words
  set -l words (commandline -opc) (commandline -ct)
  carpet completion words -- $words[2..-1] 2>/dev/null
end
complete -c carpet -a '(__carpet_words)'
`;

/** What to evaluate when the shell starts. */
export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
