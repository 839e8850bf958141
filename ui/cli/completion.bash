# Completion of the pim command for bash.
_pim() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local -a path=()
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --socket) ((i++)) ;;
      -*) ;;
      *) path+=("${COMP_WORDS[i]}") ;;
    esac
  done
  case $before in
    --socket) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --topic) mapfile -t COMPREPLY < <(compgen -W 'status peers gateway logs' -- "$word"); return ;;
    --level) mapfile -t COMPREPLY < <(compgen -W 'trace debug info warn error' -- "$word"); return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W 'toml json' -- "$word"); return ;;
    --mechanism) mapfile -t COMPREPLY < <(compgen -W 'udp' -- "$word"); return ;;
  esac
  local words='--socket --json --help'
  case ${path[*]} in
    '') words+=' --version status peers route gateway events logs handshakes config shutdown rpc' ;;
    peers) words+=' discovered add remove forget verify' ;;
    'peers add') words+=' --label --node-id --public-key --mechanism' ;;
    'peers verify') words+=" --yes $(_pim_ids)" ;;
    'peers forget' | 'peers remove' | 'gateway allow' | 'gateway disallow' | handshakes) words+=" $(_pim_ids)" ;;
    route) words+=' on off table explain' ;;
    'route on') words+=' --force' ;;
    gateway) words+=' preflight on off status allow disallow' ;;
    'gateway on') words+=" --max-connections --priority $(ls /sys/class/net 2>/dev/null)" ;;
    events) words+=' --topic --follow' ;;
    logs) words+=' --level --source --once' ;;
    config) words+=' get' ;;
    'config get') words+=' --format' ;;
    shutdown) words+=' --release' ;;
    rpc) words+=" status $(pim rpc rpc.discover 2>/dev/null | grep -o '"name":"[a-z_]*\.[a-z_]*"' | cut -d'"' -f4 | sort -u)" ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

# Ids of known peers, when a daemon answers.
_pim_ids() {
  pim --json peers 2>/dev/null | grep -o '"node_id":"[0-9a-f]*"' | cut -d'"' -f4
}

complete -F _pim pim
