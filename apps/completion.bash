# Completion of segtrain's programs in bash: verbs, options, their values, recipes, keys of the configuration. The build writes the
# table below from the programs' own; `source` this file, or install it where the package bash-completion looks.
declare -gA _seg_options _seg_values

@TABLE@

# Offers those of the words "$2"... that begin with "$1". Where it returns false, readline may complete a path.
_seg_offer() {
  local typed=$1 word
  shift
  local -A seen=()
  for word; do
    [[ $word == "$typed"* && $word != "$typed" ]] || continue
    # Keys are offered part by part: train., then train.batch_size=, then its choices.
    if [[ $word =~ ^[a-z0-9_.]+= ]]; then
      local rest=${word:${#typed}}
      [[ $typed == *=* ]] || rest=${rest%"${rest#*[.=]}"}
      word=$typed$rest
    fi
    seen[$word]=1
  done
  COMPREPLY=("${!seen[@]}")
  [[ ${COMPREPLY[*]} != *[.=] ]] || compopt -o nospace 2>/dev/null
  [ ${#COMPREPLY[@]} -gt 0 ]
}

_seg_complete() {
  # The words as they were typed: COMP_WORDS is cut at "=" and ":" as well.
  local -a words
  read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
  [[ ${COMP_LINE:0:COMP_POINT} != *[[:space:]] ]] || words+=("")
  local call=${words[0]##*/} typed=${words[-1]} option="" word
  for word in "${words[@]:1:${#words[@]}-2}"; do
    [[ -z ${_seg_options["$call $word"]+there} ]] || { call+=" $word"; break; }
  done
  if [[ $typed == --*=* ]]; then
    option=${typed%%=*} typed=${typed#*=}
  elif [ ${#words[@]} -gt 2 ] && [[ ${words[-2]} == --* ]]; then
    option=${words[-2]}
  fi
  [[ -n $option && -n ${_seg_values[$option]+there} ]] || option=""

  local offered=${_seg_options[$call]:-}
  [ -z "$option" ] || offered=${_seg_values[$option]}
  # Nothing but words: no path.
  [[ $offered == *"<file>"* || $offered == *=* ]] || compopt +o default 2>/dev/null
  COMPREPLY=()
  if _seg_offer "$typed" ${offered//<file>/}; then
    # Recipes and files, verbs and folders.
    [[ $offered != *"<file>"* || -z $typed ]] || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$typed")
    # Readline replaces what follows the last "=" or ":".
    [[ $typed != *[=:]* ]] || COMPREPLY=("${COMPREPLY[@]#"${typed%"${typed##*[=:]}"}"}")
  fi
}

complete -o default -F _seg_complete @PROGRAMS@
