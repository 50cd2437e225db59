import type { Form } from './decode-layers.ts'

/** Commands that aren't words of a language. */
const tellingCommands =
  'whoami|uname|ifconfig|ipconfig|netstat|systeminfo|sysinfo|wget|curl|nslookup|phpinfo|tracert|traceroute|chmod|chown|lsof|sudo|tasklist|powershell(?:\\.exe)?|pwsh|cmd(?:\\.exe)?(?= /)|cmd\\.exe|cscript|wscript|certutil|bitsadmin|mshta|regsvr32|rundll32|zsh|ksh|netcat|ncat|busybox|useradd|adduser|crontab|killall|pkill|mkfifo|xterm|lwp-download|reg(?= (?:add|query))|net(?= (?:user|view|localgroup|start|share))|getent|tcpdump|printenv|pwd|tftp|route(?= print)|ping\\.exe|nmap|wmic|sysctl|vmstat|dmesg|mknod|netsh'
/** Commands that are words, too: their arguments, or nothing else around them, tell. */
const plainCommands =
  'id|cat|ls|dir|rm|nc|bash|perl|python[23]?|ruby|php|passwd|hostname|ping|echo|dig|arp|awk|gcc|ssh|scp|ftp|telnet|mysql|base64|xxd|ver|type|sleep|who|w|ps|env|set|date|time|find|sort|more|less|head|tail|cp|mv|mail|test|false|true|sh|cd|copy|del|start|kill|timeout|exit|system|exec|eval|touch|tee|sed|grep|file|mount|df|finger|history|last|read|export|shutdown|reboot|halt|net|host|nano|vi|tar|tac|nl|od|rev|printf|source|nohup|watch|xargs'
const folders = '(?:/{0,2}(?:usr/)?(?:local/)?s?bin/|/?(?:c:/)?windows/system32/)?'
const separator = '(?:;|\\|{1,2}|&{1,2}|\\n|\\\\n|\\r|`|\\$\\(|<\\(|>\\()'

const separated = new RegExp(`${separator}[\\s+"'({]{0,4}${folders}(?:${tellingCommands})(?![a-z0-9_:.=-])(?=$|[\\s;|&\`'")+<>\\\\\${%/,}])`)
const withArguments = new RegExp(
  `${separator}[\\s+"'({]{0,4}${folders}(?:${plainCommands})[\\s+]{1,3}(?:-{1,2}[a-z]|/(?:[a-z]|$|\\s)|[a-z0-9_*-]{1,40}\\.[a-z]{1,5}\\s{0,2}(?:$|[;|&>])|[0-9]{1,4}\\s{0,2}(?:$|[;|&\`'"])|[0-9]{1,3}\\.[0-9]|[a-z]:[/\\\\]|%[a-z]|\\$|['"]/|\\.\\./|https?:|[a-z0-9_.-]{1,40}\\s{0,2}[>|]|>)`,
)
const echoed = new RegExp(`${separator}\\s{0,4}(?:echo|printf)\\s{1,4}[^;|&>$\`]{1,60}[;|&>$\`]`)
const glob = /[;|&`\n]\s{0,4}\/[a-z*[\]/]{0,12}[?*][a-z?*[\]/]{2,40}/
const alone = new RegExp(
  `^[^a-z\\s]{0,6}[a-z]?[^a-z\\s]{0,3}\\s{0,2}${separator}[\\s+"']{0,3}${folders}(?:${plainCommands}|dir\\+)\\s{0,3}(?:$|[;|&\`<>\\\\%]|['")]{1,2}\\s{0,2}[;|&]?$)|^[a-z0-9._/:-]{1,40}[)'"]{0,3}${separator}(?:id|ls|pwd|env|ps|dir|sh)\\s{0,2}(?:$|[;|&\`\\\\])`,
)
const binary = /(?:^|[^a-z0-9_./-])(?:\\n)?\/(?:usr\/)?(?:local\/)?s?bin\/[a-z?*[\]]{1,16}\b|(?:^|[\s;|&`'"(/\\])(?:cmd(?:\.exe)?\s{1,4}\/[ck]\b|powershell(?:\.exe)?\s{1,4}-|cmd\.exe\b)|\/{0,1}usr\/bin\/(?:id|env|whoami|python)/
/** A whole text that is a command line. */
const commandLine =
  /^[\s"'`($;|&]{0,4}(?:cat\s{1,4}\/|ping(?:\.exe)?\s{1,4}(?:-[a-z]|[0-9.]{7})|(?:wget|curl)\s{1,4}(?:-|https?:|ftp:|[a-z0-9.-]{1,60}\/)|nc\s{1,4}-|ncat\s{1,4}-|net(?:\s{1,4}(?:user|view|localgroup)(?=$|\s{0,3}\/|\s{1,3}[a-z0-9]{1,20}\s(?:\S{1,30}\s)?\/)|sh\s{1,4}firewall)\b|uname\s{1,4}-|ls\s{1,4}-|ps\s{1,4}(?:-|aux)|type\s{1,4}(?:%|[a-z]:)|dir\s{1,4}[a-z]:|perl\s{1,4}-e|python[23]?\s{1,4}-c|php\s{1,4}-r|ruby\s{1,4}-e|(?:ba|z|k)?sh\s{1,4}-[ic]|rm\s{1,4}-[rf]|chmod\s{1,4}[0-7+]|netstat\s{1,4}-|echo\s{1,4}.{0,60}(?:>|\$\()|find\s{1,4}\/|systeminfo$|ifconfig$|ipconfig(?:\s{1,4}\/all)?$|which\s{1,4}(?:gcc|perl|python[23]?|nc|netcat|wget|curl|bash|php|ruby)$|reg\s{1,4}(?:add|query|delete)\s{1,4}["\\h]|nslookup\s|(?:sudo|cp|mv)\s{1,4}[/-]|tasklist$|id;(?:$|[a-z/])|(?:[/a-z]{1,10})?sleep\s{1,4}[0-9]{1,4}\s{0,4}[;|&])|^["'\s]{0,3}(?:ifconfig|ipconfig|netstat|systeminfo|sysinfo|tasklist|uname|whoami)$|^[+]{0,2}(?:\|\+)?dir\+|^["'`]{1,3}(?:id|true|false|ls|pwd|whoami)["'`]{1,3}$/
const substitution = /\$\(\s{0,4}(?:[a-z/<`{][a-z0-9_./-]{0,40})(?:\s[^)]{0,120})?\)|`\s{0,4}(?:\/[a-z/]{2,40}|(?:id|ls|pwd|true|false|whoami|uname|ps|w|dir|cat|hostname)\b)[^`]{0,120}`|\$\{?ifs\b|\$\{?(?:path|home|shell|pwd|user)[:}]|\(\)\s?\{\s?:\s?;\s?\}|\(\)\s{0,2}\{\s{0,2}_;|\$@|\{(?:cat|ls|id|wget|curl|nc|ping|bash|sh|echo|uname|sleep|ip),[^}]{1,80}\}|[<>]\s?\/dev\/tcp\/|\|\s?tee\s|\$\(\([0-9+*\s-]{1,20}\)\)|<<<\s?\$/
/** In text with marked-up words, too, words stand between backticks: these are commands with arguments. */
const quotedCommand = new RegExp(`\`\\s{0,4}(?:${tellingCommands}|${plainCommands})\\s{1,3}(?:[-/.0-9$]|https?:|[a-z0-9_-]{1,40}\\s{0,2}[|;>\`])`)
const call =
  /(?:^|[^a-z_])(?:system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec|assert|execfile|spawn|execsync|spawnsync|call_user_func|os\.(?:system|popen|exec[a-z]{0,3})|subprocess\.[a-z_]{3,14}|eval|create_function|phpinfo|dl|print|include|require|file_get_contents|fopen|readfile|base64_decode)\s?\(\s?(?:["'`][^)]{0,200}["'`]?|\$[a-z_]{1,20}[^)]{0,60}|base64_decode[^)]{0,200})\)?[;'"\s)}]|(?:^|[^a-z_])phpinfo\(\)|runtime\s?\.\s?getruntime|processbuilder|child_process|import\s?\(?["']?os\b|\brequire\s?\(\s?["']child|__import__|<!--#exec|<\?(?:php|=)|\bwscript\.shell|\bshellexecute|\bxp_cmdshell|\bphp:\/\/input|\bos\.system|\breflectionfunction|\bnew\s{1,4}process\b/
const phpInput = /\$_(?:get|post|request|cookie|server|files|session|env)\b/
const newlineCommand = /(?:^|['"\s;])\n[\s]{0,3}(?:\/usr\/|id\b|cat\b|ls\b|ping\b|wget\b|curl\b|whoami\b)/
const userAgent = /^(?:mozilla|opera|dalvik|okhttp|roku|applecoremedia|exoplayer|lavf|vlc|curl|wget|python|java|go-http|postmanruntime)[a-z0-9_ -]{0,24}\//
const address = /^[a-z][a-z0-9+.-]{1,16}:\/\/[^\s'"`|;]{1,2048}$/

const quick = /[;|&`$(<\n\\/]|\b(?:ping|cat|wget|curl|dir|type|net|ls|perl|which|netsh|reg|whoami|sysinfo|pwd|nc|uname|systeminfo|ifconfig|ipconfig|netstat|tasklist|ps|rm|echo|nslookup|system32|true|false|sleep)\b/

/** Finds commands for a shell: separated from what the program meant to run, substituted into it, or as a call in a language. */
export function isCmdi({ lower }: Form): boolean {
  if (!quick.test(lower)) return false
  if (address.test(lower)) return substitution.test(lower)
  if (userAgent.test(lower)) return substitution.test(lower) || /[`|]|\$\(|&&/.test(lower) && separated.test(lower)
  if (isCommand(lower)) return true
  // Quotes and backslashes inside a word are nothing to a shell: w'h'oami, c\at.
  const bare = /[a-z?*](?:["'\\^@]{1,2}|\$[$@*!])[a-z?*/]/.test(lower) ? lower.replace(/["'\\^]|\$[$@*!]/g, '') : lower
  return bare !== lower && (separated.test(bare) || binary.test(bare) || commandLine.test(bare)) && /[;|&`$/]/.test(lower)
}

function isCommand(lower: string): boolean {
  return separated.test(lower) || withArguments.test(lower) || alone.test(lower) || echoed.test(lower) || glob.test(lower) || commandLine.test(lower) || binary.test(lower) || substitution.test(lower) || quotedCommand.test(lower) || call.test(lower) || newlineCommand.test(lower) || phpInput.test(lower)
}
