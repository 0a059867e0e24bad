# bash completion for evmicro(1): commands and flags, and the names of services, methods and topics
# that the registry knows.

# Sorts the line: $words are the command's, without flags; $asked is the program with the flags that
# say which registry. bash takes `--flag=value` apart into three words, and host:port too.
_evmicro_line() {
  local i=1 flag value
  asked=("${COMP_WORDS[0]}")
  while ((i < COMP_CWORD)); do
    flag=${COMP_WORDS[i++]}
    case $flag in
      --all | --json | --help | --version) continue ;;
      -?*) ;;
      *) words+=("$flag") && continue ;;
    esac
    value=
    [[ ${COMP_WORDS[i]} != = ]] || ((i++))
    while ((i < COMP_CWORD)); do
      value+=${COMP_WORDS[i++]}
      [[ ${COMP_WORDS[i]} == : || ${COMP_WORDS[i - 1]} == : ]] || break
    done
    case $flag in --registry | --registry_address) asked+=("$flag=$value") ;; esac
  done
}

_evmicro_flags() {
  local global="--client_request_timeout --client_retries --client_pool_size --registry
    --registry_address --registry_token --registry_ca_file --registry_ca_path
    --registry_client_cert --registry_client_key --registry_tls_server_name
    --registry_tls_verify --transport --broker --broker_address --broker_advertise --selector
    --log_level --log_config --help"
  local call="--address --header"
  case ${words[*]:0:2} in
    "") echo "$global --version" ;;
    agent*) echo "$global --address --node --datacenter" ;;
    "list services") echo "$global --all --json" ;;
    "get service") echo "$global --json" ;;
    query* | stream*) echo "$global $call" ;;
    health* | stats*) echo "$global $call --json" ;;
    publish*) echo "$global --header" ;;
    subscribe*) echo "$global --queue --count" ;;
    watch*) echo "$global --count" ;;
    *) echo "$global" ;;
  esac
}

# What a flag can be set to.
_evmicro_values() {
  case $1 in
    --registry) echo consul etcd memory ;;
    --transport) echo http evhttp ;;
    --broker) echo http memory nats ;;
    --selector) echo random roundrobin leastconn blacklist ;;
    --log_level) echo debug info warn error off ;;
    *) return 1 ;;
  esac
}

_evmicro_words() {
  case ${#words[@]}:${words[0]}:${words[1]} in
    0:*)
      printf '%s\n' agent list get register deregister query stream publish subscribe health stats \
        watch
      ;;
    1:list:*) echo services ;;
    1:get:* | 1:register:* | 1:deregister:*) echo service ;;
    2:get:service | 1:query:* | 1:stream:* | 1:health:* | 1:stats:* | 1:watch:*)
      "${asked[@]}" list services 2>/dev/null
      ;;
    2:query:* | 2:stream:*)
      "${asked[@]}" get service "${words[1]}" 2>/dev/null | sed -n 's/^Endpoint: //p'
      ;;
    1:publish:* | 1:subscribe:*)
      "${asked[@]}" list services --all 2>/dev/null | sed -n 's/^topic://p'
      ;;
  esac
}

_evmicro() {
  local current=${COMP_WORDS[COMP_CWORD]} words=() asked=() offered=() word
  local flag=$COMP_CWORD
  if [[ $current == = ]]; then current=; elif ((flag > 0)); then ((flag--)); fi
  [[ ${COMP_WORDS[flag]} != = ]] || ((flag--))
  _evmicro_line
  if _evmicro_values "${COMP_WORDS[flag]}" >/dev/null; then
    read -r -d '' -a offered < <(_evmicro_values "${COMP_WORDS[flag]}")
  elif [[ $current == -* ]]; then
    read -r -d '' -a offered < <(_evmicro_flags)
  else
    mapfile -t offered < <(_evmicro_words)
  fi
  COMPREPLY=()
  for word in "${offered[@]}"; do
    # Anybody can register a name. One that a shell would take for something else is left out, and
    # compgen -W, which would run what stands in it, is not used.
    [[ $word == *[!A-Za-z0-9._:/@-]* || $word != "$current"* ]] || COMPREPLY+=("$word")
  done
}
complete -F _evmicro evmicro
